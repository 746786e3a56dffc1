"""A client that reads when a test says so."""

import asyncio

from rtproject.websocket.transport.frames import Frame


class Client:
    """An ASGI `send` that waits for as long as its client does not read."""

    def __init__(self):
        self.read = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.error = None
        self.overflows = 0

    async def send(self, message):
        await self.reading.wait()
        if self.error is not None:
            raise self.error
        self.read.append(message["text"])

    def overflow(self):
        self.overflows += 1


def write(send_queue, *texts):
    """Writes each of `texts`."""
    for content in texts:
        send_queue.write(Frame(content))
