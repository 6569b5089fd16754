# SPDX-License-Identifier: Apache-2.0
"""Connects, commits one transaction, and begins anew, until it is killed. A line "committed" for each
COMMIT of which the driver was told; ends with an error other than a lost connection.

usage: commits.py psycopg2|psycopg3|asyncpg        (CUTPOINT_PG_DSN)
"""

import asyncio
import itertools
import os
import sys

DSN = os.environ["CUTPOINT_PG_DSN"]
INSERT = "INSERT INTO cuts VALUES (pg_backend_pid())"
LONGEST = 700  # bytes of what stands before the transaction


def filler(trial):
    return f"SELECT '{'x' * (trial * 37 % LONGEST)}'"


def psycopg2(trial):
    import psycopg2 as driver

    connection = driver.connect(DSN)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(filler(trial))
            cursor.execute(INSERT)
    except driver.OperationalError:
        return False
    connection.close()
    return True


def psycopg3(trial):
    import psycopg as driver

    connection = driver.connect(DSN)
    try:
        connection.execute(filler(trial))
        connection.execute(INSERT)
        connection.commit()
    except driver.OperationalError:
        return False
    connection.close()
    return True


async def asyncpg(trial):
    import asyncpg as driver

    connection = await driver.connect(DSN)
    try:
        await connection.execute(filler(trial))
        async with connection.transaction():
            await connection.execute(INSERT)
    except (driver.ConnectionDoesNotExistError, ConnectionError):
        return False
    await connection.close()
    return True


CLIENTS = {
    "psycopg2": psycopg2,
    "psycopg3": psycopg3,
    "asyncpg": lambda trial: asyncio.run(asyncpg(trial)),
}

commit_once = CLIENTS[sys.argv[1]]
for number in itertools.count():
    if commit_once(number):
        print("committed", flush=True)
