# SPDX-License-Identifier: Apache-2.0
"""Places the orders that come as events ({"order": 17}) from the queue `aura.orders`.

Fragile: a message is gone when it was delivered, whatever becomes of the order. Hardened: it is
acknowledged when the order is placed; one that failed comes once more, and then goes to
`aura.orders.dead`.

usage: python3 -m aura.consumer [--orders N]   (ends after that many messages; default: never)
"""

import argparse
import json
import logging
from typing import Optional

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

from . import config
from .checkout import place
from .db import Database, InDoubt

QUEUE, DEAD = "aura.orders", "aura.orders.dead"
log = logging.getLogger(__name__)


def declare(channel: BlockingChannel) -> None:
    channel.queue_declare(DEAD, durable=True)
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}
    channel.queue_declare(QUEUE, durable=True, arguments=arguments)


def place_event(database: Database, body: bytes) -> bool:
    try:
        return place(database, int(json.loads(body)["order"]))
    except (ValueError, LookupError, TypeError, InDoubt) as error:
        log.warning("event %r: %r", body, error)
        return False


def settle(channel: BlockingChannel, method: Basic.Deliver, placed: bool) -> None:
    if placed:
        channel.basic_ack(method.delivery_tag)
    else:
        channel.basic_nack(method.delivery_tag, requeue=not method.redelivered)


def consume(settings: config.Settings, orders: Optional[int]) -> None:
    database = Database(settings)
    connection = pika.BlockingConnection(pika.URLParameters(config.address("CUTPOINT_AMQP_URL")))
    channel = connection.channel()
    declare(channel)
    channel.basic_qos(prefetch_count=10)
    seen = 0

    def on_message(
        channel: BlockingChannel, method: Basic.Deliver, _: BasicProperties, body: bytes
    ) -> None:
        nonlocal seen
        placed = place_event(database, body)
        if settings.hardened:
            settle(channel, method, placed)
        seen += 1
        if seen == orders:
            channel.stop_consuming()

    channel.basic_consume(QUEUE, on_message, auto_ack=not settings.hardened)
    channel.start_consuming()
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="aura.consumer")
    parser.add_argument("--orders", type=int)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    consume(config.load(), options.orders)


if __name__ == "__main__":
    main()
