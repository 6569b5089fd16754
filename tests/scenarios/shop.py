# SPDX-License-Identifier: Apache-2.0
"""An application that knows nothing of cutpoint: places orders, one transaction each, over one
connection, and opens a new one where no answer came in time.

usage: shop.py [--orders N] [--patience SECONDS] [--history] [--start-fd FD] [--stay]
               [--early N] [--mid-order]

Prints "ok N at NS" (CLOCK_MONOTONIC) or "unknown N" per order. --history tells the file $CUTPOINT_HISTORY, too. --start-fd
waits for a byte there before it connects for the first time, or, with --early, before order N + 1;
--mid-order waits when all of that order but its COMMIT is done. --stay goes on for ever.
"""

import argparse
import itertools
import json
import os
import select
import time

import psycopg2
import psycopg2.extensions as extensions


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--patience", type=float, default=1.0)
    parser.add_argument("--history", action="store_true")
    parser.add_argument("--start-fd", type=int)
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--early", type=int, default=0)
    parser.add_argument("--mid-order", action="store_true")
    return parser.parse_args()


def wait_with_patience(patience):
    """What psycopg2 calls instead of waiting for ever; it closes the connection that it gave up."""

    def wait(connection):
        while (state := connection.poll()) != extensions.POLL_OK:
            reading = [connection] if state == extensions.POLL_READ else []
            writing = [connection] if state == extensions.POLL_WRITE else []
            if not any(select.select(reading, writing, [], patience)):
                raise psycopg2.OperationalError("no answer in time")

    return wait


class History:
    def __init__(self, wanted):
        path = os.environ.get("CUTPOINT_HISTORY")
        self.file = open(path, "a", encoding="utf-8") if wanted else None

    def tell(self, kind, order, pid):
        if self.file:
            now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            record = {"op": "order", "id": order, "type": kind, "pid": pid, "ns": now}
            print(json.dumps(record), file=self.file, flush=True)


def wait_for_start(options):
    print("waiting", flush=True)
    os.read(options.start_fd, 1)


def place(connection, order, history, options):
    waits = (options.early or options.mid_order) and order == options.early + 1
    if waits and not options.mid_order:
        wait_for_start(options)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO carts (order_id) VALUES (%s)", (order,))
        cursor.execute("INSERT INTO lines (order_id) VALUES (%s)", (order,))
    if waits and options.mid_order:
        wait_for_start(options)
    history.tell("invoke", order, connection.info.backend_pid)
    connection.commit()


def connect():
    while True:
        try:
            return psycopg2.connect(os.environ["CUTPOINT_PG_DSN"])
        except psycopg2.OperationalError:
            pass  # it could not even ask: no order is in doubt


def main():
    options = parse()
    extensions.set_wait_callback(wait_with_patience(options.patience))
    history = History(options.history)
    if options.start_fd is not None and not options.early and not options.mid_order:
        wait_for_start(options)
    connection, pid = None, None
    for order in itertools.count(1) if options.stay else range(1, options.orders + 1):
        try:
            if connection is None:
                connection = connect()
                pid = connection.info.backend_pid
            place(connection, order, history, options)
        except psycopg2.Error:
            history.tell("info", order, pid)
            print("unknown", order, flush=True)
            connection = None
        else:
            history.tell("ok", order, pid)
            print("ok", order, "at", time.monotonic_ns(), flush=True)


main()
