# SPDX-License-Identifier: Apache-2.0
"""One consumer of the queue `aura.work`, by pika (a program, which `poison` starts); ends at SIGTERM.

Fragile: to it every exception is alike, and AURA_ON_ERROR says what becomes of the message: `crash`
(the process dies, and the message comes back to the next one), `requeue` (likewise, at once, for
ever) or `drop` (nobody sees it again).

Hardened: what cannot be read is dead-lettered at once; what PostgreSQL did not take, or what its
consumer died of, after 3 tries. Quorum: whatever fails is returned, and the broker dead-letters it
after 3 deliveries.
"""

import logging
import random
import signal
import time
from typing import Any, Optional

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from . import config
from .work import QUEUE, Transient, Work, read

PREFETCH = 10
log = logging.getLogger(__name__)


class Consumer:
    def __init__(self, settings: config.Settings) -> None:
        self._settings = settings
        self._on_error = None if settings.hardened else config.on_error()
        self._work = Work(settings)
        self._connection: Optional[pika.BlockingConnection] = None
        self._channel: Optional[BlockingChannel] = None
        self._stopped = False

    def stop(self, *_: Any) -> None:
        """A signal's handler: after the message that is being handled."""
        self._stopped = True
        if self._connection is not None and self._connection.is_open:
            self._connection.add_callback_threadsafe(self._stop_consuming)

    def run(self) -> None:
        """Until it is stopped. Fragile: or until the connection is lost, which ends the process."""
        while not self._stopped:
            try:
                self._consume()
            except AMQPError as error:
                if not self._settings.hardened:
                    raise
                log.warning("broker: %r", error)
                time.sleep(random.uniform(0.2, 1))

    def _consume(self) -> None:
        url = config.address("CUTPOINT_AMQP_URL")
        with pika.BlockingConnection(pika.URLParameters(url)) as self._connection:
            self._channel = self._connection.channel()
            self._channel.basic_qos(prefetch_count=PREFETCH)
            self._channel.basic_consume(QUEUE, self._on_message)
            if not self._stopped:
                self._channel.start_consuming()

    def _stop_consuming(self) -> None:
        if self._channel is not None:
            self._channel.stop_consuming()

    def _on_message(
        self,
        channel: BlockingChannel,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        try:
            self._work.do(read(body), method.redelivered)
        except Exception as error:
            # One that comes back for ever does so some thousand times a second.
            if not (self._on_error == "requeue" and method.redelivered):
                log.warning("%s: %r", properties.message_id, error)
            if self._on_error == "crash":
                raise
            channel.basic_nack(method.delivery_tag, requeue=self._comes_again(error))
        else:
            channel.basic_ack(method.delivery_tag)

    def _comes_again(self, error: Exception) -> bool:
        if self._on_error is not None:
            return self._on_error == "requeue"
        return isinstance(error, Transient) or self._settings.quorum


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # it reports what it raises as well
    consumer = Consumer(config.load())
    signal.signal(signal.SIGTERM, consumer.stop)
    consumer.run()


if __name__ == "__main__":
    main()
