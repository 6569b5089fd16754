# SPDX-License-Identifier: Apache-2.0
"""A target that commits once, waits until somebody opens the FIFO `go` beside this file, and then
says more than the buffer of events holds, in a pipeline: empty transactions by the simple protocol.
When all of it is answered there is a file `flooded` beside it."""

import os
import socket
import struct
import threading

import psycopg2

TRANSACTIONS = 40_000
HERE = os.path.dirname(__file__)
READY = b"Z\x00\x00\x00\x05I"


def query(text):
    body = text.encode() + b"\x00"
    return b"Q" + struct.pack("!i", len(body) + 4) + body


def count_answers(connection):
    tail, answered = b"", 0
    while answered < TRANSACTIONS:
        part = connection.recv(1 << 16)
        if not part:
            raise SystemExit("the server has closed the connection")
        tail += part
        answered += tail.count(READY)
        tail = tail[-len(READY) + 1 :]


def main():
    session = psycopg2.connect(os.environ["CUTPOINT_PG_DSN"])
    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
    session.commit()
    with open(os.path.join(HERE, "go"), encoding="ascii"):
        pass
    wire = socket.socket(fileno=os.dup(session.fileno()))
    wire.setblocking(True)
    counting = threading.Thread(target=count_answers, args=[wire])
    counting.start()
    for _ in range(TRANSACTIONS // 100):
        wire.sendall((query("BEGIN") + query("COMMIT")) * 100)
    counting.join()
    with open(os.path.join(HERE, "flooded"), "w", encoding="ascii"):
        pass


main()
