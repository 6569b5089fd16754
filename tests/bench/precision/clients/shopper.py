# SPDX-License-Identifier: Apache-2.0
"""Places orders 1, 2, 3… by psycopg2, one transaction of two INSERTs each, over one connection, until
it is killed or the connection is lost. Prints a line for each order that it was told is done: its
number, and the microseconds that its COMMIT and the whole of it took, the other work that follows it
included.

usage: shopper.py TRIAL MILLISECONDS_OF_OTHER_WORK        (CUTPOINT_PG_DSN)
"""

import itertools
import os
import sys
import time

import psycopg2

trial = int(sys.argv[1])
work = int(sys.argv[2]) / 1000
connection = psycopg2.connect(os.environ["CUTPOINT_PG_DSN"])
cursor = connection.cursor()
try:
    for order in itertools.count(1):
        begun = time.monotonic()
        cursor.execute("INSERT INTO orders VALUES (%s, %s)", (trial, order))
        cursor.execute("INSERT INTO items VALUES (%s, %s)", (trial, order))
        commit = time.monotonic()
        connection.commit()
        done = time.monotonic()
        print(order, int((done - commit) * 1e6), int((done - begun + work) * 1e6), flush=True)
        time.sleep(work)
except psycopg2.OperationalError as error:
    sys.exit(str(error))
