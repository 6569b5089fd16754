# SPDX-License-Identifier: Apache-2.0
"""Says one thing to PostgreSQL as a driver does that can say it; rows of tests/MATRIX.md.

usage: words.py P05|P13|P14|P24
"""

import os
import sys

import psycopg
from psycopg import pq

DSN = os.environ["CUTPOINT_PG_DSN"]
INSERT = b"INSERT INTO carts (order_id) VALUES (1)"


def prepared_long_ago():
    connection = pq.PGconn.connect(DSN.encode())
    connection.prepare(b"c", b"commit")
    for number in range(100):
        connection.prepare(b"s%d" % number, b"select 1")
    connection.exec_(b"BEGIN")
    connection.exec_(INSERT)
    connection.exec_prepared(b"c", None)


def pipeline(*statements):
    """All of them in one flight, with one Sync behind."""
    connection = pq.PGconn.connect(DSN.encode())
    connection.enter_pipeline_mode()
    for statement in statements:
        connection.send_query_params(statement, None)
    connection.pipeline_sync()
    result = None
    while result is None or result.status != pq.ExecStatus.PIPELINE_SYNC:
        result = connection.get_result()


def cancel():
    """A CancelRequest, on a connection of its own, beside a transaction."""
    connection = psycopg.connect(DSN)
    connection.execute(INSERT)
    connection.cancel()
    connection.commit()


{
    "P05": prepared_long_ago,
    "P13": lambda: pipeline(INSERT, INSERT),
    "P14": lambda: pipeline(b"BEGIN", INSERT, b"COMMIT", INSERT),
    "P24": cancel,
}[sys.argv[1]]()
