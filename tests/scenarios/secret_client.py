# SPDX-License-Identifier: Apache-2.0
"""An application whose every word on the wire is a secret: SQL literals (simple protocol), bound
parameters (extended), rows, what the server says of them in DETAIL; HTTP fields, query, bodies and
events. The secrets are in $SECRET_*; what it does prints nothing, but for $SECRET_PRINTED.

usage: secret_client.py postgres | http URL | serve
"""

import asyncio
import http.server
import os
import sys

LITERAL, BOUND, ROW = (os.environ.get("SECRET_" + name, "") for name in ("LITERAL", "BOUND", "ROW"))


def simple():
    import psycopg2

    connection = psycopg2.connect(os.environ["CUTPOINT_PG_DSN"])
    with connection.cursor() as cursor:
        for number in range(3):
            cursor.execute("INSERT INTO secrets VALUES (%s, %s)", (number, f"{LITERAL}-{number}"))
            connection.commit()
        try:
            cursor.execute("INSERT INTO secrets VALUES (%s, %s)", (9, f"{LITERAL}-0"))
        except psycopg2.errors.UniqueViolation:
            connection.rollback()  # its DETAIL has the row's value
        cursor.execute("SELECT word FROM secrets")
        cursor.fetchall()
    connection.close()


async def extended():
    import asyncpg

    connection = await asyncpg.connect(os.environ["CUTPOINT_PG_DSN"].split("?")[0], ssl=False)
    for number in range(10, 13):
        async with connection.transaction():
            await connection.execute("INSERT INTO secrets VALUES ($1, $2)", number, f"{BOUND}-{number}")
    await connection.execute("INSERT INTO secrets VALUES (20, $1)", ROW)
    await connection.fetch("SELECT word FROM secrets WHERE word = $1", ROW)
    await connection.close()


def ask(url):
    import httpx

    with httpx.Client(timeout=1) as client:
        for _ in range(3):
            try:
                client.post(
                    url,
                    params={"key": os.environ["SECRET_QUERY"]},
                    headers={
                        "Authorization": "Bearer " + os.environ["SECRET_BEARER"],
                        "X-Api-Key": os.environ["SECRET_API_KEY"],
                    },
                    auth=None,
                    json={"prompt": os.environ["SECRET_PROMPT"]},
                )
            except httpx.HTTPError:
                pass


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        event = b"data: " + os.environ["SECRET_ANSWER"].encode() + b"\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Set-Cookie", "session=" + os.environ["SECRET_COOKIE"])
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(event), event))

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    print("port", server.server_port, flush=True)
    server.serve_forever()


def main(what, *arguments):
    print(os.environ.get("SECRET_PRINTED", ""), flush=True)
    if what == "postgres":
        simple()
        asyncio.run(extended())
    elif what == "http":
        ask(arguments[0])
    else:
        serve()


main(*sys.argv[1:])
