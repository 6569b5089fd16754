# SPDX-License-Identifier: Apache-2.0
"""Publishes the messages m1 to m6 to the queue `letters`, which is there, each with a confirm that it
waits for, then takes and acknowledges six. Ends with the first error.

usage: amqp_clients.py pika|pika_tls|celery|aio_pika
       amqp_clients.py consume ID  takes and acknowledges all up to that one, and prints their ids
       amqp_clients.py large       publishes m1, whose body takes three frames
       amqp_clients.py routes      publishes m1 and m3 to the default exchange, m2 and m4 to the
                                   exchange `post` with the keys `high` and `low`
       amqp_clients.py requeue     publishes m1 to m6, takes one at a time, prints its id, and puts
                                   m2 back; ends where it comes again
"""

import asyncio
import os
import ssl
import sys

QUEUE = "letters"
IDS = [f"m{number}" for number in range(1, 7)]
URL = os.environ["CUTPOINT_AMQP_URL"]


def pika(tls=False):
    import pika as driver

    parameters = driver.URLParameters(URL)
    if tls:
        context = ssl.create_default_context(cafile=os.environ["CUTPOINT_AMQP_CA"])
        host, port = os.environ["CUTPOINT_AMQPS_ADDRESS"].split(":")
        parameters.port = int(port)
        parameters.ssl_options = driver.SSLOptions(context, host)
    connection = driver.BlockingConnection(parameters)
    channel = connection.channel()
    channel.confirm_delivery()
    for ident in IDS:
        properties = driver.BasicProperties(message_id=ident, delivery_mode=2)
        channel.basic_publish("", QUEUE, ident.encode(), properties)
    take(connection, IDS[-1])


def take(connection, last):
    channel = connection.channel()
    for method, properties, _ in channel.consume(QUEUE):
        print(properties.message_id, flush=True)
        channel.basic_ack(method.delivery_tag)
        if properties.message_id == last:
            break
    connection.close()


def consume():
    import pika as driver

    take(driver.BlockingConnection(driver.URLParameters(URL)), sys.argv[2])


def large():
    import pika as driver

    connection = driver.BlockingConnection(driver.URLParameters(URL))
    channel = connection.channel()
    channel.confirm_delivery()
    body = b"x" * 300_000  # RabbitMQ takes frames of 131,072 bytes
    channel.basic_publish("", QUEUE, body, driver.BasicProperties(message_id="m1"))


def routes():
    import pika as driver

    channel = driver.BlockingConnection(driver.URLParameters(URL)).channel()
    channel.confirm_delivery()
    for number, way in enumerate([("", QUEUE), ("post", "high"), ("", QUEUE), ("post", "low")], 1):
        properties = driver.BasicProperties(message_id=f"m{number}", delivery_mode=2)
        channel.basic_publish(*way, b"text", properties, mandatory=True)


def requeue():
    import pika as driver

    channel = driver.BlockingConnection(driver.URLParameters(URL)).channel()
    channel.confirm_delivery()
    for ident in IDS:
        channel.basic_publish("", QUEUE, b"text", driver.BasicProperties(message_id=ident))
    channel.basic_qos(prefetch_count=1)
    for method, properties, _ in channel.consume(QUEUE):
        print(properties.message_id, flush=True)
        if method.redelivered:
            break
        if properties.message_id == "m2":
            channel.basic_nack(method.delivery_tag, requeue=True)
        else:
            channel.basic_ack(method.delivery_tag)


def celery():
    """Its tasks, of the ids m1 to m6; taken by kombu, as its worker does."""
    from celery import Celery
    from kombu import Exchange, Queue

    queue = Queue(QUEUE, Exchange(""), routing_key=QUEUE, no_declare=True)
    app = Celery("letters", broker=URL)
    app.conf.update(
        task_queues=[queue],
        task_default_queue=QUEUE,
        broker_transport_options={"confirm_publish": True},
    )
    for ident in IDS:
        app.send_task("letters.read", task_id=ident, retry=False, ignore_result=True)
    taken = []

    def on_message(message):
        message.ack()
        taken.append(message.properties["correlation_id"])

    with app.connection_for_read() as connection:
        with connection.Consumer(queue, on_message=on_message):
            while len(taken) < len(IDS):
                connection.drain_events(timeout=10)


async def aio_pika():
    import aio_pika as driver

    async with await driver.connect(URL) as connection:
        channel = await connection.channel(publisher_confirms=True)
        for ident in IDS:
            message = driver.Message(ident.encode(), message_id=ident, delivery_mode=2)
            await channel.default_exchange.publish(message, QUEUE)
        queue = await channel.get_queue(QUEUE, ensure=False)
        async with queue.iterator() as messages:
            for _ in IDS:
                await (await messages.__anext__()).ack()


CLIENTS = {
    "pika": pika,
    "pika_tls": lambda: pika(tls=True),
    "consume": consume,
    "large": large,
    "routes": routes,
    "requeue": requeue,
    "celery": celery,
    "aio_pika": lambda: asyncio.run(aio_pika()),
}

CLIENTS[sys.argv[1]]()
