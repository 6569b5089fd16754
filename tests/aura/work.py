# SPDX-License-Identifier: Apache-2.0
"""The queue `aura.work`, and what is done with one message of it: {"id": "m17", "number": 17} is a
row in the table `handled`.

Fragile: a classic queue whose only safeguard is the argument x-max-retries, which RabbitMQ takes and
ignores. The row is inserted whatever has been inserted before.

Hardened: what is rejected goes to `aura.work.dead`, which nobody consumes; the queue's length and its
messages' age have limits, and a publisher hears of a full queue. A row is there once, however often
its message is delivered.

Quorum: the same with a quorum queue, which itself counts how often a message came back.
"""

import json
import logging
from dataclasses import replace
from typing import Any, Dict

import pika
from pika.adapters.blocking_connection import BlockingChannel
from sqlalchemy import text
from sqlalchemy.orm import Session

from .config import Settings, address
from .db import Database, InDoubt, transactional
from .tries import TRIES, Tries

QUEUE = "aura.work"
DEAD_EXCHANGE, DEAD_QUEUE = "aura.dlx", "aura.work.dead"
log = logging.getLogger(__name__)


class Permanent(Exception):
    """The message cannot be handled, however often one tries."""


class Transient(Exception):
    """It could not be handled this time, and may be tried again."""


def arguments(settings: Settings) -> Dict[str, Any]:
    """Those of the queue."""
    if not settings.hardened:
        return {"x-max-retries": 3}
    limits = {
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": DEAD_QUEUE,
        "x-max-length": 1000,
        "x-overflow": "reject-publish",
        "x-message-ttl": 300_000,
    }
    if settings.quorum:
        limits["x-queue-type"] = "quorum"
        limits["x-delivery-limit"] = 2  # deliveries after the first
        limits["x-dead-letter-strategy"] = "at-most-once"
    return limits


def declare(settings: Settings) -> None:
    """The variant's queues and exchange, in place of those of an earlier run."""
    with pika.BlockingConnection(pika.URLParameters(address("CUTPOINT_AMQP_URL"))) as connection:
        channel: BlockingChannel = connection.channel()
        for queue in (QUEUE, DEAD_QUEUE):
            channel.queue_delete(queue)
        channel.exchange_delete(DEAD_EXCHANGE)
        if settings.hardened:
            channel.exchange_declare(DEAD_EXCHANGE, "direct", durable=True)
            channel.queue_declare(DEAD_QUEUE, durable=True)
            channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE, DEAD_QUEUE)
        channel.queue_declare(QUEUE, durable=True, arguments=arguments(settings))


def create_table(settings: Settings, session: Session) -> None:
    """An empty one. Without a key a message that was handled twice is there twice."""
    session.execute(text("DROP TABLE IF EXISTS handled"))
    session.execute(text("CREATE TABLE handled (message_id text NOT NULL)"))
    if settings.hardened:
        session.execute(text("CREATE UNIQUE INDEX handled_once ON handled (message_id)"))
    session.commit()


def read(body: bytes) -> str:
    """The id of the message with that body."""
    try:
        message = json.loads(body)
        ident, number = message["id"], message["number"]
    except (ValueError, LookupError, TypeError) as error:
        raise Permanent(f"no message: {error!r}") from error
    return checked(ident, number)


def checked(ident: Any, number: Any) -> str:
    """The id, if both have the right type."""
    if not isinstance(ident, str) or not isinstance(number, int):
        raise Permanent(f"no message: id {ident!r}, number {number!r}")
    return ident


class Work:
    """One per process, for it has a connection to PostgreSQL."""

    def __init__(self, settings: Settings) -> None:
        # One try for each delivery: it is the queue that tries again.
        self._database = Database(replace(settings, db_retries=0))
        self._insert = insert_once if settings.hardened else insert
        self._tries = Tries() if settings.hardened else None

    def do(self, ident: str, redelivered: bool) -> None:
        """Handles the message with that id; raises Transient or Permanent where it does not."""
        number = 1 if self._tries is None else self._tries.begin(ident, redelivered)
        if number > TRIES:
            raise Permanent(f"none of {TRIES} tries came to an end")
        if self._done(ident):
            return
        if number == TRIES:
            raise Permanent(f"PostgreSQL failed {TRIES} times")
        raise Transient("PostgreSQL failed")

    def _done(self, ident: str) -> bool:
        try:
            return self._insert(self._database, ident)
        except InDoubt as error:
            log.warning("%s: %s", ident, error)
            return False


@transactional("handle")
def insert(session: Session, ident: str) -> None:
    session.execute(text("INSERT INTO handled VALUES (:ident)"), {"ident": ident})


@transactional("handle")
def insert_once(session: Session, ident: str) -> None:
    statement = "INSERT INTO handled VALUES (:ident) ON CONFLICT DO NOTHING"
    session.execute(text(statement), {"ident": ident})
