# SPDX-License-Identifier: Apache-2.0
"""A language model's host that takes every request and never answers, by HTTP/1.1 in clear.

Prints "port N" when it listens, and "request N" when the head of request N has arrived.
"""

import asyncio

seen = 0


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global seen
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")  # the body of one has no blank line
            seen += 1
            print("request", seen, flush=True)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve() -> None:
    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(serve())
