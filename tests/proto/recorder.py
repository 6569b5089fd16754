# SPDX-License-Identifier: Apache-2.0
"""A proxy that writes down what passes through it, as tests/proto/records.h describes.

For the scripts that make a corpus: http/capture, amqp/capture.
"""
import asyncio

SIZE = 127  # bytes of a record
LONGEST = 24 * 1024  # of a connection: what comes after says nothing new


class Recorder:
    """In front of a service on loopback; one recording per connection."""

    def __init__(self, port):
        self.port = port
        self.connections = []

    async def serve(self, reader, writer):
        record = []
        self.connections.append(record)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(
            self.pump(reader, there_writer, 0, record), self.pump(there_reader, writer, 0x80, record)
        )

    @staticmethod
    async def pump(reader, writer, direction, record):
        while data := await reader.read(65536):
            record.append((direction, data))
            writer.write(data)
            await writer.drain()
        writer.close()

    def take(self):
        taken, self.connections = self.connections, []
        return taken


def records(connection):
    text = bytearray()
    for direction, data in connection:
        for at in range(0, len(data), SIZE):
            piece = data[at : at + SIZE]
            text += bytes([direction | len(piece)]) + piece
    return bytes(text)


def write(directory, client, connections):
    """Each connection that said something: `client`, `client.1` and so on."""
    for number, connection in enumerate(c for c in connections if c):
        text = records(connection)
        if len(text) > LONGEST:
            raise SystemExit(f"{client}: a connection of {len(text)} bytes")
        (directory / (client if not number else f"{client}.{number}")).write_bytes(text)
