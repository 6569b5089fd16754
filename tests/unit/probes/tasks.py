# SPDX-License-Identifier: Apache-2.0
# The tasks of the Celery worker that the tests watch.
import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["CUTPOINT_AMQP_URL"])
app.conf.task_default_queue = "asked"


@app.task
def quick(secret):
    return secret


@app.task
def pair(message_id, number):
    assert message_id == f"m{number}"


@app.task
def slow(seconds):
    time.sleep(seconds)


@app.task
def failing(secret):
    raise ValueError(secret)
