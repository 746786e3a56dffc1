"""A client that reads when a test says so, behind a server with a wire or without."""

import asyncio
from typing import Any

from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class Client:
    """What a server knows of a client: `taken` is what it was given to send, in order.

    It always takes one more; while the client is not `reading`, whoever sends has to wait then.
    """

    receive: Any = None  # nothing is received here

    def __init__(self, wired):
        self.taken = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.error = None  # what the server raises the next time
        self.ended = []  # the codes that the send_queue wanted to end with
        self.aborted = asyncio.Event()
        self.unsent = 1  # bytes, as the wire tells them
        self.send_queue = SendQueue(self.send, self if wired else None, self.end)

    def end(self, code):
        """Closes, as a consumer does."""
        self.ended.append(int(code))
        self.send_queue.finish({"type": "websocket.close", "text": f"close {int(code)}"})

    async def send(self, message):
        """The ASGI `send`."""
        self._take(message["text"])
        await self.reading.wait()

    def write(self, data):
        """The wire."""
        while data:
            start = 4 if data[1] == 126 else 2
            end = start + (int.from_bytes(data[2:4], "big") if data[1] == 126 else data[1])
            self._take(data[start:end].decode())
            data = data[end:]
        return self.reading.is_set()

    async def drained(self):
        """The wire."""
        await self.reading.wait()

    def waiting(self):
        """The wire."""
        return self.unsent

    def is_open(self):
        """The wire."""
        return True

    def abort(self):
        """The wire."""
        self.aborted.set()

    def _take(self, text):
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.taken.append(text)


def write(send_queue, *texts):
    """Writes each of `texts`."""
    for content in texts:
        send_queue.write(Frame(content))


def joined(contents):
    """One frame of several messages, one for each character."""
    return Frame.joined([Frame(content) for content in contents])
