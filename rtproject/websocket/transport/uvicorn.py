"""The transport of uvicorn: its WebSocket protocol over a transport of asyncio or uvloop.

uvicorn itself does not read on before a message was received. But what it read at once is parsed and queued
message by message, and it answers pings whether the client reads or not. So it is made to read little,
nothing while it cannot write or has read on behind a message, and to parse a slice at a time, see `turns`.
"""

import asyncio
import sys
from collections.abc import Coroutine, Generator
from operator import attrgetter
from typing import Any

from rtproject.websocket.asgi_types import AsgiMessage, Send
from rtproject.websocket.counters import traffic
from rtproject.websocket.transport.turns import FRAME_BYTES, SLICE, Turns, current_turns
from rtproject.websocket.utils.loop_local import loop_local

MODULE = "uvicorn.protocols.websockets.websockets_sansio_impl"
look_for_needed = attrgetter(  # raises AttributeError
    *("transport", "writable", "conn", "close_sent", "disconnected", "read_paused", "frames", "queue"),
    *("data_received", "eof_received", "connection_lost", "pong_timer", "schedule_ping"),
    *("conn.parser", "conn.reader.at_eof", "conn.reader.buffer", "conn.reader.feed_data"),
)
MOST_FRAGMENTS = 4096  # of one message: empty fragments take memory, too, and no limit of sizes counts them
READ_SIZE = 16 * 1024  # bytes read at a time; transports read 256 KiB, or 43,000 messages of no length


def find_uvicorn(send: Send) -> "UvicornTransport | None":
    """Return the transport behind uvicorn's `send`; None if it is not uvicorn's or has changed."""
    protocol = getattr(send, "__self__", None)
    if type(protocol) is not getattr(sys.modules.get(MODULE), "WebSocketsSansIOProtocol", object):
        return None
    try:
        look_for_needed(protocol)
    except AttributeError:
        return None
    return UvicornTransport(protocol)


# All connections read into one buffer, in turn: nothing is left in it when the next one reads.
_buffer = loop_local(lambda: memoryview(bytearray(READ_SIZE)))


class UvicornTransport(asyncio.BufferedProtocol):
    """The transport of one connection, see `base.Transport`.

    It stands between the transport and uvicorn's protocol. As a BufferedProtocol it provides the buffer, and
    so limits how much is read, with TLS and on uvloop as well.
    """

    __slots__ = (
        *("_at_eof", "_buffer", "_frames", "_open", "_protocol", "_queue"),
        *("_reader", "_reading", "_turns", "_unparsed", "_writable", "address", "is_waiting"),
    )

    def __init__(self, protocol: Any) -> None:
        from websockets.protocol import OPEN

        self.address = ""
        self._protocol = protocol
        self._queue: asyncio.Queue[AsgiMessage] = protocol.queue
        self._open = OPEN
        self._writable = True
        self._reading = not protocol.read_paused
        # Or uvicorn would pause the reading for each message: two calls of the kernel.
        protocol.read_paused = True
        self._buffer = _buffer()
        self._turns: Turns = current_turns()
        self.is_waiting = False
        self._frames = 0  # that may still be parsed in this slice
        self._unparsed = False  # more was read than has been parsed; nothing more is read before it is
        self._reader = protocol.conn.reader
        self._at_eof = self._reader.at_eof
        self._reader.at_eof = self._next_frame
        protocol.transport.set_protocol(self)

    # --- out ---

    def write(self, data: bytes) -> bool:
        """Write a frame, at once as far as the kernel takes it.

        Over its mark of 64 KiB the transport calls `pause_writing`.
        """
        protocol = self._protocol
        if not self.is_open():
            return True
        protocol.transport.write(data)
        return self._writable

    async def drained(self) -> None:
        """Wait until `resume_writing`, or until the connection is lost."""
        await self._protocol.writable.wait()

    def is_open(self) -> bool:
        """Return whether the connection is neither closed nor lost."""
        protocol = self._protocol
        return not (protocol.close_sent or protocol.disconnected) and protocol.conn.state is self._open

    def abort(self) -> None:
        """Reset the connection."""
        self._protocol.transport.abort()

    def waiting(self) -> int:
        """Return the number of bytes that the transport has not sent yet."""
        return int(self._protocol.transport.get_write_buffer_size())

    def pause_writing(self) -> None:
        """Stop reading and writing: the buffer of the transport is over its mark.

        A ping that was read would be answered into the buffer.
        """
        self._writable = False
        self._protocol.writable.clear()
        self._read(False)

    def resume_writing(self) -> None:
        """Read and write again: the transport has room."""
        self._writable = True
        self._protocol.writable.set()
        self._go_on()

    # --- in ---

    def receive(self) -> Coroutine[Any, Any, AsgiMessage]:
        """Return uvicorn's next message, and read only when none waits and the client reads.

        uvicorn's own `receive` reads on as soon as it gave a message away, and is one more coroutine for
        each.
        """
        if self._protocol.close_sent:
            return self._receive_end()
        if not self._writable:
            return self._receive_when_writable()
        if not self._reading and self._queue.empty():
            self._go_on()
        return self._queue.get()

    async def _receive_when_writable(self) -> AsgiMessage:
        await self._protocol.writable.wait()
        return await self.receive()

    async def _receive_end(self) -> AsgiMessage:
        """Return the disconnect after our close, when the connection is lost.

        uvicorn queues one with the close already; but until the end the connection counts for its address.
        """
        protocol = self._protocol
        ends: list[AsgiMessage] = []
        while not (ends and protocol.disconnected):
            await protocol.writable.wait()
            if self._queue.empty():
                self._go_on()
            message = await self._queue.get()
            if message["type"] == "websocket.disconnect":
                ends.append(message)
        return ends[0]  # the one with our code

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer for the next read."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on `nbytes` bytes that the transport has read."""
        data = self._buffer[:nbytes].tobytes()
        behind = self._unparsed or self._waits()
        if self._turns.left > 0 and not behind:
            self.parse(data)
            return
        self._reader.feed_data(data)
        self._unparsed = True
        if behind:
            self._read(False)
        else:
            self._turns.wait(self)

    def parse(self, data: bytes = b"") -> None:
        """Parse a slice of `data` and of what came before it.

        Go on when the application has taken the messages in it, or at once if there are none.
        """
        protocol, before = self._protocol, len(self._reader.buffer) + len(data)
        self._frames = SLICE
        if not protocol.transport.is_closing():
            protocol.data_received(data)
        left = len(self._reader.buffer)
        traffic.bytes_in += before - left
        turns = self._turns
        turns.left -= SLICE + 1 - self._frames + (before - left) // FRAME_BYTES
        if turns.left <= 0:
            turns.refill()
        if len(protocol.frames) > MOST_FRAGMENTS:
            self.abort()
        self._unparsed = left > 0 and not self._frames and not protocol.transport.is_closing()
        if self._unparsed and protocol.pong_timer is not None:
            self._postpone_ping()
        if self._unparsed or not self._reading:
            self._go_on()

    def _next_frame(self) -> Generator[None, None, bool]:
        """Instead of the parser's question for the end of the stream, which it asks before each frame."""
        while not self._frames:
            yield
        self._frames -= 1
        ended: bool = yield from self._at_eof()
        return ended

    def _postpone_ping(self) -> None:
        """A client that sends this much is there; its pong may come far behind."""
        protocol = self._protocol
        protocol.pong_timer.cancel()
        protocol.pong_timer = None
        protocol.schedule_ping()

    def _go_on(self) -> None:
        """Parse what was read, or read, unless the application is behind or the client does not read."""
        if not self._writable or self._waits():
            self._read(False)
        elif self._unparsed:
            self._turns.wait(self)  # what comes until then stops the reading
        else:
            self._read(True)

    def _waits(self) -> bool:
        """Return whether a message waits for the application. After a close uvicorn queues none, except its end."""
        return not (self._queue.empty() or self._protocol.close_sent)

    def _read(self, reading: bool) -> None:
        self._reading, transport = reading, self._protocol.transport
        if transport.is_reading() is not reading:  # uvicorn reads again by itself after our close
            (transport.resume_reading if reading else transport.pause_reading)()

    def eof_received(self) -> bool | None:
        """Pass on that the client sends nothing more."""
        return self._protocol.eof_received()  # type: ignore[no-any-return]

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport: it is over. The parser and we would keep each other in memory."""
        self._protocol.connection_lost(exc)
        self._protocol.conn.parser.close()
        del self._reader.at_eof
