"""The transport of Daphne: Autobahn's WebSocket protocol over a Twisted transport.

Daphne gives an application no backpressure: `send` never waits, and the queue of what came in has no bound.
But the transport tells a registered producer when its buffer is full and when it is empty again, and can stop
reading. And Autobahn parses in steps, so that it can be made to parse a slice at a time, see `turns`.
"""

import asyncio
import sys
from functools import partial
from operator import attrgetter
from typing import Any

from rtproject.websocket.asgi_types import AsgiMessage, Receive, Send
from rtproject.websocket.counters import traffic
from rtproject.websocket.transport.turns import FRAME_BYTES, SLICE, Turns, current_turns

READ_SIZE = 16 * 1024  # bytes read at a time; twice as many may wait to be parsed
STEPS = 2 * SLICE  # of Autobahn: a frame takes one for its header and one for its payload
# autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED, STATE_CONNECTING and STATE_OPEN
STATE_CLOSED, STATE_CONNECTING, STATE_OPEN = 0, 1, 3
# A close that the client has not answered by then is a reset. Autobahn's timers are
# rounded down to whole seconds, so its own limit of 1 s may be 0: too short for a frame to leave a busy process.
ANSWER_SECONDS = 4
MOST_FRAGMENTS = 4096  # of one message: empty fragments take memory, too, and no limit of sizes counts them
CONTINUATION = 0x0  # an opcode
look_for_needed = attrgetter(  # raises AttributeError
    *("transport", "state", "STATE_OPEN", "closeHandshakeTimeout", "autoPingTimeoutCall"),
    *("data", "dataReceived", "_dataReceived", "consumeData", "processData"),
    *("onMessageFrameBegin", "onMessageEnd", "onClose"),
)
look_for_needed_of_transport = attrgetter(
    *("write", "writeSomeData", "registerProducer", "unregisterProducer", "abortConnection"),
    *("pauseProducing", "resumeProducing", "dataBuffer", "offset", "_tempDataLen", "bufferSize"),
    *("connected", "disconnecting", "producer"),
)


def find_daphne(receive: Receive, send: Send) -> "DaphneTransport | None":
    """Return the transport behind Daphne's `send`; None if it is not Daphne's or has changed."""
    server = sys.modules.get("daphne.server")
    if server is None or not isinstance(send, partial) or len(send.args) != 1:
        return None
    if getattr(send.func, "__func__", None) is not server.Server.handle_reply:
        return None
    protocol = send.args[0]
    try:
        look_for_needed(protocol)
        look_for_needed_of_transport(protocol.transport)
    except AttributeError:
        return None
    known = isinstance(getattr(receive, "__self__", None), asyncio.Queue) and _is_plain(protocol.transport)
    return DaphneTransport(protocol, receive) if known else None


def _is_plain(transport: Any) -> bool:
    """Return whether the client reads exactly the bytes that are written to the socket.

    With TLS it does not, although a TLS transport passes on the methods of the socket.
    """
    from twisted.internet.tcp import Connection

    return isinstance(transport, Connection) and not getattr(transport, "TLS", False)


class DaphneTransport:
    """The transport of one connection, see `base.Transport`.

    To Twisted it is the producer of the outgoing bytes, which is told to pause and to resume.
    """

    __slots__ = (
        *("_fragments", "_kind", "_protocol", "_queue", "_reading"),
        *("_room", "_transport", "_turns", "_unparsed", "_writable", "address", "is_waiting"),
    )

    def __init__(self, protocol: Any, receive: Receive) -> None:
        self.address = ""
        self._protocol = protocol
        self._transport = protocol.transport
        self._queue: asyncio.Queue[AsgiMessage] = receive.__self__  # type: ignore[attr-defined]
        self._turns: Turns = current_turns()
        self.is_waiting = False
        self._writable = True
        self._room: asyncio.Future[None] | None = None
        self._reading = True
        self._unparsed = False  # more was read than has been parsed; nothing more is read before it is
        # The HTTP channel handed the connection over; it and its request would keep each other in memory.
        if hasattr(self._transport.producer, "requests"):
            self._transport.producer.requests.clear()
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)
        self._transport.bufferSize = READ_SIZE
        self._fragments = 0
        self._kind = type(protocol)
        protocol.closeHandshakeTimeout = ANSWER_SECONDS
        # Without words for a log, which are a fifth of what a message costs.
        protocol.dataReceived = protocol._dataReceived
        protocol.consumeData = self._on_data
        protocol.onMessageFrameBegin = self._on_fragment
        protocol.onClose = self._on_close

    # --- out ---

    def write(self, data: bytes) -> bool:
        """Write a frame, at once as far as the kernel takes it.

        Twisted would take a turn of the reactor for each frame.
        """
        if not self.is_open():
            return True
        transport = self._transport
        if not transport.dataBuffer and not transport._tempDataLen:
            sent = transport.writeSomeData(data)
            if sent == len(data):
                return True
            if isinstance(sent, int) and sent > 0:
                data = data[sent:]
        transport.write(data)  # also if the connection turned out to be lost: Twisted will see for itself
        return self._writable

    async def drained(self) -> None:
        """Wait for `resumeProducing`."""
        if not self._writable:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def waiting(self) -> int:
        """Return the number of bytes that the transport has not sent yet."""
        transport = self._transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    def is_open(self) -> bool:
        """Return whether the connection is neither closed nor lost."""
        transport = self._transport
        return self._protocol.state == STATE_OPEN and transport.connected and not transport.disconnecting

    def abort(self) -> None:
        """Reset the connection."""
        self._transport.abortConnection()

    def pauseProducing(self) -> None:  # noqa: N802 (Twisted's IPushProducer)
        """Stop reading and writing: the transport's buffer is over its mark.

        Twisted calls this. A ping that was read would be answered into the buffer.
        """
        self._writable = False
        self._read(False)

    def resumeProducing(self) -> None:  # noqa: N802
        """Read and write again: Twisted has emptied the transport's buffer."""
        self._writable = True
        self._go_on()
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    stopProducing = resumeProducing  # noqa: N815 (Twisted: the connection is lost)

    # --- in ---

    def _on_data(self) -> None:
        """Autobahn: something was read, and it would parse all of it now."""
        protocol = self._protocol
        if protocol.state == STATE_CONNECTING:  # Autobahn calls again when the connection is open
            self._read(len(protocol.data) < READ_SIZE)
        elif self._unparsed or not self._writable or not self._queue.empty():
            self._unparsed = True
            self._read(False)
        elif self._turns.left > 0:
            self.parse()
        else:
            self._unparsed = True
            self._turns.wait(self)

    def parse(self) -> None:
        """Parse a slice. Go on when the application has taken the messages in it, or at once if there are none."""
        protocol, steps = self._protocol, 0
        size = len(protocol.data)
        while protocol.state != STATE_CLOSED and protocol.processData():
            steps += 1
            if steps == STEPS:
                break
        turns, parsed = self._turns, size - len(protocol.data)
        traffic.bytes_in += parsed
        turns.left -= 1 + steps // 2 + parsed // FRAME_BYTES
        if turns.left <= 0:
            turns.refill()
        self._unparsed = steps == STEPS
        if self._unparsed and protocol.autoPingTimeoutCall:
            protocol._cancelAutoPingTimeoutCall()  # whoever sends this much is there; a pong may come far behind
        if self._unparsed or not self._reading:
            self._go_on()

    async def receive(self) -> AsgiMessage:
        """Return Daphne's next message; read the socket again when none is waiting."""
        message: AsgiMessage = await self._queue.get()
        if not self._reading and self._queue.empty():
            self._go_on()
        return message

    def _go_on(self) -> None:
        """Parse what was read, or read, unless the application is behind or the client does not read."""
        if not self._writable or not self._queue.empty():
            self._read(False)
        elif self._unparsed:
            self._turns.wait(self)  # what comes until then stops the reading
        else:
            self._read(True)

    def _read(self, reading: bool) -> None:
        if reading != self._reading:
            self._reading = reading
            if reading:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()

    def _on_fragment(self, length: int) -> None:
        self._kind.onMessageFrameBegin(self._protocol, length)
        self._fragments = self._fragments + 1 if self._protocol.current_frame.opcode == CONTINUATION else 0
        if self._fragments > MOST_FRAGMENTS:
            self.abort()

    def _on_close(self, *what: Any) -> None:
        self.stopProducing()  # Autobahn takes us off the transport before it drops the connection
        protocol = self._protocol
        self._kind.onClose(protocol, *what)
        # Break the reference cycles, or an ended connection waits in memory for the cyclic garbage collector: the
        # protocol refers to our methods, and by a Deferred to itself.
        del protocol.dataReceived, protocol.consumeData, protocol.onMessageFrameBegin, protocol.onClose
        protocol.is_closed = None
