# SPDX-License-Identifier: Apache-2.0
"""An HTTP service behind nginx that answers with ten server-sent events, each a chunk of its own.

Says its port once it listens.
"""
import asyncio


async def serve(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    writer.write(b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number in range(10):
        event = b"data: %d\n\n" % number
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
