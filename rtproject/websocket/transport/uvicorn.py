"""The wire of uvicorn: its WebSocket protocol over an asyncio transport, of asyncio's own loop or of uvloop's.

uvicorn itself does not read on before a message was received. But what it read at once is queued message by message,
and it answers pings whether the client reads or not; so it is made to read little, and nothing while it cannot write.
"""

import asyncio
import sys
from collections.abc import Coroutine
from operator import attrgetter
from typing import Any

from rtproject.utils.loop_local import loop_local
from rtproject.websocket.asgi_types import AsgiMessage, Send

MODULE = "uvicorn.protocols.websockets.websockets_sansio_impl"
look_for_needed = attrgetter(  # raises AttributeError
    *("transport", "writable", "conn", "close_sent", "disconnected", "read_paused", "frames", "queue"),
    *("data_received", "eof_received", "connection_lost"),
)
MOST_FRAGMENTS = 4096  # of one message; one of no length takes memory too, and no limit of sizes sees it
READ_SIZE = 16 * 1024  # bytes read at a time; transports read 256 KiB, or 43,000 messages of no length


def find_uvicorn(send: Send) -> "UvicornTransport | None":
    """The wire behind uvicorn's `send`, or None if it is not uvicorn's or not as we know it."""
    protocol = getattr(send, "__self__", None)
    if type(protocol) is not getattr(sys.modules.get(MODULE), "WebSocketsSansIOProtocol", object):
        return None
    try:
        look_for_needed(protocol)
    except AttributeError:
        return None
    return UvicornTransport(protocol)


# What all connections read into, one at a time: nothing is left in it when the next one reads.
_buffer = loop_local(lambda: memoryview(bytearray(READ_SIZE)))


class UvicornTransport(asyncio.BufferedProtocol):
    """See `base.Transport`. It stands between the transport and uvicorn's protocol: the one kind of protocol that any
    transport asks for a buffer, and so lets choose how much is read, has TLS and uvloop under it as well."""

    __slots__ = ("_buffer", "_open", "_protocol")

    def __init__(self, protocol: Any) -> None:
        from websockets.protocol import OPEN

        self._protocol = protocol
        self._open = OPEN
        self._buffer = _buffer()
        protocol.transport.set_protocol(self)

    # --- out ---

    def write(self, data: bytes) -> bool:
        """The transport sends at once what the kernel takes, and calls `pause_writing` over its mark of 64 KiB."""
        protocol = self._protocol
        if not self.is_open():
            return True
        protocol.transport.write(data)
        return bool(protocol.writable.is_set())

    async def drained(self) -> None:
        """uvicorn sets `writable` in `resume_writing`, and when the connection is lost."""
        await self._protocol.writable.wait()

    def is_open(self) -> bool:
        """Neither closed nor lost."""
        protocol = self._protocol
        return not (protocol.close_sent or protocol.disconnected) and protocol.conn.state is self._open

    def abort(self) -> None:
        """Resets the connection."""
        self._protocol.transport.abort()

    def waiting(self) -> int:
        """What the transport has not sent yet."""
        return int(self._protocol.transport.get_write_buffer_size())

    def pause_writing(self) -> None:
        """The transport: its buffer is over its mark. Nothing more is read: a ping would be answered into it."""
        self._protocol.writable.clear()
        self._protocol.transport.pause_reading()

    def resume_writing(self) -> None:
        """The transport: there is room again."""
        self._protocol.writable.set()
        if not self._protocol.read_paused:
            self._protocol.transport.resume_reading()

    # --- in ---

    def receive(self) -> Coroutine[Any, Any, AsgiMessage]:
        """uvicorn's next message. No more is read before it is asked for, nor while the client has to be waited for.

        uvicorn's own `receive` reads on as soon as it gave a message away, and is one more coroutine for each.
        """
        protocol = self._protocol
        if protocol.close_sent:
            return self._receive_end()
        if not protocol.writable.is_set():
            return self._receive_when_writable()
        if protocol.read_paused and protocol.queue.empty():
            protocol.read_paused = False
            protocol.transport.resume_reading()
        queue: asyncio.Queue[AsgiMessage] = protocol.queue
        return queue.get()

    async def _receive_when_writable(self) -> AsgiMessage:
        await self._protocol.writable.wait()
        return await self.receive()

    async def _receive_end(self) -> AsgiMessage:
        """The disconnect after our close. uvicorn queues one with the close already, and another when the connection
        is lost: until then it takes up the server, and counts for its address."""
        protocol = self._protocol
        ends: list[AsgiMessage] = []
        while not (ends and protocol.disconnected):
            await protocol.writable.wait()
            if protocol.read_paused and protocol.queue.empty():
                protocol.read_paused = False
                protocol.transport.resume_reading()
            message: AsgiMessage = await protocol.queue.get()
            if message["type"] == "websocket.disconnect":
                ends.append(message)
        return ends[0]  # the one with our code

    def get_buffer(self, sizehint: int) -> memoryview:
        """The transport: it is about to read."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """The transport: so much has come."""
        protocol = self._protocol
        protocol.data_received(self._buffer[:nbytes].tobytes())
        if len(protocol.frames) > MOST_FRAGMENTS:
            self.abort()

    def eof_received(self) -> bool | None:
        """The transport: the client sends nothing more."""
        return self._protocol.eof_received()  # type: ignore[no-any-return]

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport: it is over."""
        self._protocol.connection_lost(exc)
