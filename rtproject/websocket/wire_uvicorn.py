"""The wire of uvicorn: its WebSocket protocol over an asyncio transport.

uvicorn itself does not read on before a message was received. But what it read at once is queued message by message,
and it answers pings whether the client reads or not; so it is made to read little, and nothing while it cannot write.
"""

import contextlib
import sys
from typing import Any

from rtproject.websocket.asgi_types import Message, Receive, Send

MODULE = "uvicorn.protocols.websockets.websockets_sansio_impl"
NEEDED = (
    *("transport", "writable", "conn", "close_sent", "disconnected", "read_paused"),
    *("pause_writing", "resume_writing", "handle_cont", "frames"),
)
MOST_FRAGMENTS = 4096  # of one message; one of no length takes memory too, and no limit of sizes sees it
READ_SIZE = 16 * 1024  # bytes read at a time; asyncio's default is 256 KiB, or 43,000 messages of no length


def find_uvicorn(receive: Receive, send: Send) -> "UvicornWire | None":
    """The wire behind uvicorn's `send`, or None if it is not uvicorn's or not as we know it."""
    protocol = getattr(send, "__self__", None)
    known = getattr(sys.modules.get(MODULE), "WebSocketsSansIOProtocol", None)
    if known is None or type(protocol) is not known or not all(hasattr(protocol, name) for name in NEEDED):
        return None
    return UvicornWire(protocol, receive)


class UvicornWire:
    """See `wire.Wire`."""

    __slots__ = ("_open", "_protocol", "_receive")

    def __init__(self, protocol: Any, receive: Receive) -> None:
        from websockets.protocol import OPEN

        self._protocol = protocol
        self._open = OPEN
        self._receive = receive
        with contextlib.suppress(AttributeError):  # uvloop has a mark of its own
            protocol.transport.max_size = READ_SIZE
        protocol.pause_writing = self._pause_writing
        protocol.resume_writing = self._resume_writing
        protocol.handle_cont = self._on_fragment

    def write(self, data: bytes) -> bool:
        """The transport sends at once what the kernel takes, and calls `pause_writing` over its mark of 64 KiB."""
        protocol = self._protocol
        if protocol.close_sent or protocol.disconnected or protocol.conn.state is not self._open:
            return True
        protocol.transport.write(data)
        return bool(protocol.writable.is_set())

    async def drained(self) -> None:
        """uvicorn sets `writable` in `resume_writing`, and when the connection is lost."""
        await self._protocol.writable.wait()

    def abort(self) -> None:
        """Resets the connection."""
        self._protocol.transport.abort()

    def waiting(self) -> int:
        """What the transport has not sent yet."""
        return int(self._protocol.transport.get_write_buffer_size())

    async def receive(self) -> Message:
        """uvicorn's next message. It reads on in there, which must not be while the client has to be waited for."""
        writable = self._protocol.writable
        if not writable.is_set():
            await writable.wait()
        message = await self._receive()
        if not writable.is_set():
            self._protocol.transport.pause_reading()
        return message

    def _on_fragment(self, event: Any) -> None:
        type(self._protocol).handle_cont(self._protocol, event)
        if len(self._protocol.frames) > MOST_FRAGMENTS:
            self.abort()

    def _pause_writing(self) -> None:
        self._protocol.writable.clear()
        self._protocol.transport.pause_reading()

    def _resume_writing(self) -> None:
        self._protocol.writable.set()
        if not self._protocol.read_paused:
            self._protocol.transport.resume_reading()
