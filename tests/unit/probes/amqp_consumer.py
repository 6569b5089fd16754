# SPDX-License-Identifier: Apache-2.0
"""The consumer of the AMQP probes' tests: declares a queue and takes what is in it, one by one.

usage: amqp_consumer.py QUEUE ARGUMENTS-AS-JSON DELAY ack|reject|requeue FILE
"""
import json
import os
import sys
import time

import pika


def consume(queue, arguments, delay, end, file):
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"]))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    channel.queue_declare(queue, durable=True, arguments=arguments)
    for method, properties, body in channel.consume(queue):
        connection.sleep(delay)
        taken = {
            "id": properties.message_id or properties.correlation_id,
            "body": body.decode(),
            "headers": properties.headers,
        }
        print(json.dumps(taken), file=file, flush=True)
        if end == "ack":
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_nack(method.delivery_tag, requeue=end == "requeue")


def main():
    queue, arguments, delay, end, path = sys.argv[1:]
    with open(path, "a", encoding="utf-8") as file:
        while True:
            try:
                consume(queue, json.loads(arguments), float(delay), end, file)
            except pika.exceptions.AMQPError:
                time.sleep(0.1)


main()
