"""A client that does not read while `reading` is cleared, behind a server with a transport or without."""

import asyncio
from typing import Any

from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class Client:
    """Both a transport and an ASGI `send`: `taken` is what it was given to send, in order.

    It always takes one more; while the client is not `reading`, the sender has to wait after that.
    """

    receive: Any = None  # nothing is received here

    def __init__(self, has_transport):
        self.taken = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.error = None  # which the server raises the next time
        self.ended = []  # the codes that the queue wanted to end with
        self.aborted = asyncio.Event()
        self.unsent = 1  # bytes, as the transport tells them
        self.send_queue = SendQueue(self.send, self if has_transport else None, self.end)

    def end(self, code):
        """Close, as a consumer does."""
        self.ended.append(int(code))
        self.send_queue.finish({"type": "websocket.close", "text": f"close {int(code)}"})

    async def send(self, message):
        """The ASGI `send`."""
        self._take(message["text"])
        await self.reading.wait()

    def write(self, data):
        """Take frames, as a transport does."""
        while data:
            start = 4 if data[1] == 126 else 2
            end = start + (int.from_bytes(data[2:4], "big") if data[1] == 126 else data[1])
            self._take(data[start:end].decode())
            data = data[end:]
        return self.reading.is_set()

    async def drained(self):
        """Return when the client reads, as a transport does."""
        await self.reading.wait()

    def waiting(self):
        """The bytes that the transport has not sent yet."""
        return self.unsent

    def is_open(self):
        """Whether the transport is open."""
        return True

    def abort(self):
        """Abort the transport."""
        self.aborted.set()

    def _take(self, text):
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.taken.append(text)


def write(send_queue, *texts):
    """Write each of `texts`."""
    for content in texts:
        send_queue.write(Frame(content))


def joined(contents):
    """One frame of several messages, one for each character."""
    return Frame.joined([Frame(content) for content in contents])
