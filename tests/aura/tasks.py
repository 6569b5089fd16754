# SPDX-License-Identifier: Apache-2.0
"""Celery's tasks, queued in RabbitMQ, with their results in Redis.

    ask     a question to the language model
    touch   a short transaction

    python3 -m celery -A aura.tasks worker --concurrency=4 -E

Fragile: no limit to a task's time, and each worker process takes four tasks off the queue at once.
Hardened: 10 s (then the task may end by itself) and 15 s (then its process is ended), and one at a
time.
"""

import functools

from celery import Celery
from sqlalchemy import text
from sqlalchemy.orm import Session

from . import config, history
from .db import Database, transactional
from .llm import BreakerOpen, LanguageModel, LLMError

settings = config.load()

app = Celery(
    "aura",
    broker=config.address("CUTPOINT_AMQP_URL"),
    backend=config.address("CUTPOINT_REDIS_URL"),
)
app.conf.update(
    task_soft_time_limit=settings.task_soft_limit,
    task_time_limit=settings.task_hard_limit,
    worker_prefetch_multiplier=1 if settings.hardened else 4,
    worker_send_task_events=True,
    task_send_sent_event=True,
    result_expires=3600,
)


# Made in the worker's own process, at its first task.
@functools.lru_cache(maxsize=None)
def language_model() -> LanguageModel:
    return LanguageModel(settings)


@functools.lru_cache(maxsize=None)
def database() -> Database:
    return Database(settings)


@app.task
def ask(number: int) -> str:
    """The model's answer to question `number`."""
    history.tell("invoke", "ask", number)
    try:
        answer = language_model().ask(f"Question {number}: count to five.")
    except (BreakerOpen, LLMError) as error:
        history.tell("fail", "ask", number, error=type(error).__name__)
        raise
    except Exception as error:  # no answer in time: whether the host has done it is not known
        history.tell("info", "ask", number, error=type(error).__name__)
        raise
    history.tell("ok", "ask", number)
    return answer


@transactional("touch")
def insert_touch(session: Session, number: int) -> None:
    session.execute(text("INSERT INTO touches (id) VALUES (:number)"), {"number": number})


@app.task
def touch(number: int) -> bool:
    """True: touch `number` is in the database."""
    return insert_touch(database(), number)


def create_tables(session: Session) -> None:
    session.execute(text("DROP TABLE IF EXISTS touches"))
    session.execute(text("CREATE TABLE touches (id bigint NOT NULL)"))
    session.commit()
