# SPDX-License-Identifier: Apache-2.0
"""Places orders 1 to 6, one transaction each, as its driver does it by itself, and ends with the first
error.

usage: clients.py psycopg2|psycopg3|psycopg3_pipeline|libpq_errors|asyncpg|asyncpg_prepared
       clients.py two_connections   order 1 on one and order 2 on another; gives up with the first
       clients.py crowd   transactions without orders on many connections
"""

import asyncio
import os
import select
import socket
import sys
import threading
import time

INSERT = "INSERT INTO carts (order_id) VALUES "
ORDERS = range(1, 7)
DSN = os.environ["CUTPOINT_PG_DSN"]


def psycopg2():
    import psycopg2 as driver

    connection = driver.connect(DSN)
    for order in ORDERS:
        with connection, connection.cursor() as cursor:
            cursor.execute(INSERT + "(%s)", (order,))


def psycopg3(pipelined=False):
    import psycopg as driver

    connection = driver.connect(DSN)
    for order in ORDERS:
        if pipelined:
            with connection.pipeline(), connection.transaction():
                connection.execute(INSERT + "(%s)", (order,))
        else:
            with connection.transaction():
                connection.execute(INSERT + "(%s)", (order,), prepare=True)


def libpq_errors():
    """In one flight with each order a statement that fails: its error answers no COMMIT."""
    from psycopg import pq

    connection = pq.PGconn.connect(DSN.encode())
    connection.enter_pipeline_mode()
    for order in ORDERS:
        connection.send_query_params(b"SELECT 1/0", None)
        connection.pipeline_sync()
        for statement in ("BEGIN", INSERT + f"({order})", "COMMIT"):
            connection.send_query_params(statement.encode(), None)
        connection.pipeline_sync()
        ends = 0
        while ends < 2:
            result = connection.get_result()
            if connection.status == pq.ConnStatus.BAD:
                sys.exit("the connection is lost")
            ends += result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC


def await_silence(connection):
    """Until TCP has sent in vain and backed off: what was said last has not arrived."""
    backoff = 4  # offset of tcpi_backoff in struct tcp_info (include/uapi/linux/tcp.h)
    with socket.socket(fileno=os.dup(connection.socket)) as sock:
        while not sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[backoff]:
            if any(select.select([sock], [], [], 0.01)):
                sys.exit("it was answered")


def two_connections():
    """Both COMMITs meet a cut: the first brings it about, the second leaves when it is on."""
    from psycopg import pq

    connections = [pq.PGconn.connect(DSN.encode()) for _ in range(2)]
    for order, connection in enumerate(connections, start=1):
        for statement in ("BEGIN", INSERT + f"({order})"):
            connection.exec_(statement.encode())
    for connection in connections:
        connection.send_query(b"COMMIT")
        await_silence(connection)


def crowd():
    """Many connections, each of which is made anew when it is lost, for a while."""
    from psycopg import pq

    until = time.monotonic() + 4

    def order():
        while time.monotonic() < until:
            connection = pq.PGconn.connect(DSN.encode())
            while connection.status == pq.ConnStatus.OK and time.monotonic() < until:
                for statement in (b"BEGIN", b"SELECT 1", b"COMMIT"):
                    connection.exec_(statement)
            connection.finish()

    threads = [threading.Thread(target=order) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def asyncpg(prepared=False):
    import asyncpg as driver

    connection = await driver.connect(DSN)
    statement = await connection.prepare("COMMIT") if prepared else None
    for order in ORDERS:
        if prepared:
            await connection.execute("BEGIN")
            await connection.execute(INSERT + "($1)", order)
            await statement.fetch()
        else:
            async with connection.transaction():
                await connection.execute(INSERT + "($1)", order)


CLIENTS = {
    "psycopg2": psycopg2,
    "psycopg3": psycopg3,
    "psycopg3_pipeline": lambda: psycopg3(pipelined=True),
    "libpq_errors": libpq_errors,
    "two_connections": two_connections,
    "crowd": crowd,
    "asyncpg": lambda: asyncio.run(asyncpg()),
    "asyncpg_prepared": lambda: asyncio.run(asyncpg(prepared=True)),
}

CLIENTS[sys.argv[1]]()
