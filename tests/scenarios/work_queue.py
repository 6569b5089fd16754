# SPDX-License-Identifier: Apache-2.0
"""What tests do with the queue of aura.poison, and with others.

    publish pika|celery WORD…   waits for a consumer, then publishes each word with a confirm: m17, with
                                the body that belongs to it; m17!, cut short; m17?, the JSON `null`
    until ROWS DEAD             waits until the table has so many rows and aura.work.dead so many messages
    redelivered N               waits until the broker has delivered N messages once more
    left QUEUE                  takes what is in it: "ID REASON-OF-DEATH TIMES-DEAD" each, sorted
    consumers                   how many the queue has
    fresh QUEUE…                durable ones, empty
    bound QUEUE EXCHANGE KEY    binds it to a direct exchange, which is made
    kill                        waits until a consumer waits for PostgreSQL (pg_sleep), and kills it
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Callable, List, Tuple

import pika
import psycopg2

QUEUE, DEAD = "aura.work", "aura.work.dead"
PATIENCE = 40.0  # seconds
WAITING = "SELECT pid, client_port FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

connection = pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"]))


def wait_until(condition: Callable[[], bool], what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not in {PATIENCE} s; now: {what()}")
        time.sleep(0.05)


def look(queue: str) -> Tuple[int, int]:
    """Its ready messages and its consumers; (-1, 0): there is no such queue."""
    channel = connection.channel()  # which ends where there is none
    try:
        answer = channel.queue_declare(queue, passive=True).method
    except pika.exceptions.ChannelClosedByBroker:
        return -1, 0
    channel.close()
    return answer.message_count, answer.consumer_count


def of_pika(ident: str) -> Tuple[str, pika.BasicProperties]:
    body = json.dumps({"id": ident, "number": int(ident[1:])})
    return body, pika.BasicProperties(
        message_id=ident, content_type="application/json", delivery_mode=2
    )


def of_celery(ident: str) -> Tuple[str, pika.BasicProperties]:
    """Message protocol 2."""
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([[ident, int(ident[1:])], {}, embed])
    headers = {"lang": "py", "task": "aura.poison_tasks.handle", "id": ident, "root_id": ident}
    for name in ("parent_id", "group", "eta", "expires"):
        headers[name] = None
    return body, pika.BasicProperties(
        correlation_id=ident,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=2,
        headers={**headers, "retries": 0, "timelimit": [None, None]},
    )


def publish(consumer: str, *words: str) -> None:
    wait_until(lambda: look(QUEUE)[1] > 0, lambda: look(QUEUE))
    channel = connection.channel()
    channel.confirm_delivery()
    for word in words:
        body, properties = {"pika": of_pika, "celery": of_celery}[consumer](word.rstrip("!?"))
        if word.endswith("!"):
            body = body[:-4]
        if word.endswith("?"):
            body = "null"
        channel.basic_publish("", QUEUE, body.encode(), properties, mandatory=True)


def sql(statement: str) -> List[tuple]:
    with psycopg2.connect(os.environ["CUTPOINT_PG_DSN"]) as database, database.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def until(rows: str, dead: str) -> None:
    def now() -> List[int]:
        return [sql("SELECT count(*) FROM handled")[0][0], look(DEAD)[0]]

    wait_until(lambda: now() == [int(rows), int(dead)], now)


def redelivered(least: str) -> None:
    base, secret = os.environ["CUTPOINT_AMQP_MANAGEMENT"].split("//")[1].split("@")[::-1]
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, base, *secret.split(":"))
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))

    def now() -> int:
        with opener.open(f"http://{base}/api/queues/%2f/{QUEUE}") as answer:
            return json.load(answer).get("message_stats", {}).get("redeliver", 0)

    wait_until(lambda: now() >= int(least), now)


def kill() -> None:
    def killed() -> bool:
        for backend, port in sql(WAITING):
            found = subprocess.check_output(["ss", "-Htnp", f"sport = :{port}"], text=True)
            client = re.search(r"pid=(\d+)", found)
            if client:
                os.kill(int(client[1]), signal.SIGKILL)
                sql(f"SELECT pg_terminate_backend({backend})")  # it would not notice
                return True
        return False

    wait_until(killed, lambda: sql(WAITING))


def described(properties: pika.BasicProperties) -> str:
    deaths = (properties.headers or {}).get("x-death", [])
    times = sum(death["count"] for death in deaths)
    ident = properties.message_id or properties.correlation_id
    return f"{ident} {deaths[0]['reason'] if deaths else 'alive'} {times}"


def left(queue: str) -> None:
    if look(queue)[0] < 0:
        print("no such queue")
        return
    channel = connection.channel()
    lines = []
    while (got := channel.basic_get(queue, auto_ack=True))[0]:
        lines.append(described(got[1]))
    for line in sorted(lines):
        print(line)


def consumers() -> None:
    print(look(QUEUE)[1])


def fresh(*queues: str) -> None:
    channel = connection.channel()
    for queue in queues:
        channel.queue_delete(queue)
        channel.queue_declare(queue, durable=True)


def bound(queue: str, exchange: str, key: str) -> None:
    channel = connection.channel()
    channel.exchange_declare(exchange, "direct")
    channel.queue_bind(queue, exchange, key)


globals()[sys.argv[1]](*sys.argv[2:])
