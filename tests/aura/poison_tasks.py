# SPDX-License-Identifier: Apache-2.0
"""The messages of the queue `aura.work` as Celery's tasks, handle("m17", 17), with "m17" as their id.

    python3 -m celery -A aura.poison_tasks worker --concurrency=4 -E

Fragile is Celery as it comes: a task is acknowledged before it runs; a body that cannot be decoded is
logged and acknowledged, so that the message is gone; at JSON of the wrong shape (`null`) the worker
dies, and the next one gets the message again. AURA_ON_ERROR changes nothing.

Hardened: a task is acknowledged when it is done. What cannot be decoded, and what fails for good, is
dead-lettered at once; what PostgreSQL did not take, or what its process died of, after 3 tries.
Quorum: whatever fails is returned, and the broker dead-letters it after 3 deliveries.
"""

import functools
import logging
from typing import Any, Callable

from celery import Celery, Task
from celery.exceptions import Reject
from celery.worker.consumer import Consumer
from kombu import Exchange, Queue
from kombu.transport.pyamqp import Transport

from . import config
from .work import QUEUE, Permanent, Transient, Work, checked

log = logging.getLogger(__name__)
settings = config.load()

app = Celery("aura", broker=config.address("CUTPOINT_AMQP_URL"))
app.conf.update(
    task_queues=[Queue(QUEUE, Exchange(""), routing_key=QUEUE, no_declare=True)],
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_send_task_events=True,
)


class DeadLetteringConsumer(Consumer):
    """Celery's, but for a body that is no JSON, which it acknowledges, and one that is JSON and no
    list of three, at which its worker dies."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        log.error("%s: %r", message.properties.get("correlation_id"), exc)
        message.reject_log_error(log, self.connection_errors, requeue=settings.quorum)

    def create_task_handler(self, *args: Any, **more: Any) -> Callable[[Any], None]:
        handler = super().create_task_handler(*args, **more)

        def on_task_received(message: Any) -> None:
            try:
                handler(message)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                self.on_decode_error(message, error)

        return on_task_received


if settings.hardened:
    app.conf.update(
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,  # rejected instead: into the dead-letter queue
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_consumer="aura.poison_tasks:DeadLetteringConsumer",
    )
if settings.quorum:
    # Celery 5.2 limits the messages that a worker holds for its channel as a whole, because RabbitMQ
    # means something else by a consumer's limit than AMQP does. Quorum queues know the latter only
    # and refuse the former (540, "does not support global qos"); for one consumer they are the same.
    Transport.qos_semantics_matches_spec = lambda self, connection: True


# Made in the worker's own process, at its first task.
@functools.lru_cache(maxsize=None)
def work() -> Work:
    return Work(settings)


@app.task(bind=True)
def handle(self: Task, ident: Any, number: Any) -> None:
    """The effect of one message."""
    try:
        work().do(checked(ident, number), self.request.delivery_info["redelivered"])
    except (Permanent, Transient) as error:
        if not settings.hardened:
            raise
        again = isinstance(error, Transient) or settings.quorum
        raise Reject(str(error), requeue=again) from None
