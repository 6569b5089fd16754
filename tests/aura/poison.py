# SPDX-License-Identifier: Apache-2.0
"""Handles the messages of the queue `aura.work`, of which some may be poison: a body that cannot be
read. Somebody else publishes them.

    --consumer pika     two processes, each with up to 10 messages at once
    --consumer celery   a worker of four processes

Makes the table and the queues anew, keeps the consumers running until SIGTERM, and prints how often
one of them died, as one line of JSON.

usage: python3 -m aura.poison --consumer pika|celery
"""

import argparse
import functools
import json
import logging
import sys
from typing import List

from . import config, supervisor, work
from .db import Database
from .tries import Tries

PIKA_CONSUMERS = 2
CELERY_PROCESSES = 4


def commands(consumer: str) -> List[List[str]]:
    if consumer == "pika":
        return [[sys.executable, "-m", "aura.poison_consumer"]] * PIKA_CONSUMERS
    words = ["-A", "aura.poison_tasks", "worker", "-E", f"--concurrency={CELERY_PROCESSES}"]
    quiet = ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [[sys.executable, "-m", "celery", *words, *quiet]]


def prepare(settings: config.Settings) -> None:
    Database(settings).call(functools.partial(work.create_table, settings))
    if settings.hardened:
        Tries().forget_all()
    work.declare(settings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="aura.poison")
    parser.add_argument("--consumer", choices=("pika", "celery"), required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    config.on_error()  # a wrong one is an error here, not in each consumer
    prepare(config.load())
    print(json.dumps({"deaths": supervisor.keep_running(commands(options.consumer))}))


if __name__ == "__main__":
    main()
