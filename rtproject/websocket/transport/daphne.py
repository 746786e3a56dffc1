"""The wire of Daphne: Autobahn's WebSocket protocol over a Twisted transport.

Daphne gives an application no backpressure: `send` never waits, and the queue of what came in has no bound. But the
transport tells a registered producer when its buffer is full and when it is empty again, and can stop reading.
"""

import asyncio
import sys
from functools import partial
from operator import attrgetter
from typing import Any

from rtproject.websocket.asgi_types import AsgiMessage, Receive, Send

READ_AHEAD = 64 * 1024  # bytes of messages that may wait for the application before we read no further
MESSAGE_COST = 512  # what a waiting message takes besides its payload: one of no length is not free
READ_SIZE = 16 * 1024  # bytes read at a time: the messages in them are queued, also once we read no further
STATE_OPEN = 3  # autobahn.websocket.protocol.WebSocketProtocol.STATE_OPEN
# A close that the client has not answered by then is a reset. Autobahn's own second is from 0 to 1: its timers are
# rounded down to whole seconds, and that is too short for a frame to leave a busy process.
ANSWER_SECONDS = 4
MOST_FRAGMENTS = 4096  # of one message; one of no length takes memory too, and no limit of sizes sees it
look_for_needed = attrgetter(  # raises AttributeError
    *("transport", "state", "STATE_OPEN", "closeHandshakeTimeout"),
    *("onMessage", "onMessageFrameBegin", "onClose"),
)
look_for_needed_of_transport = attrgetter(
    *("write", "writeSomeData", "registerProducer", "unregisterProducer", "abortConnection"),
    *("pauseProducing", "resumeProducing", "dataBuffer", "offset", "_tempDataLen", "bufferSize"),
    *("connected", "disconnecting", "producer"),
)


def find_daphne(receive: Receive, send: Send) -> "DaphneTransport | None":
    """The wire behind Daphne's `send`, or None if it is not Daphne's or not as we know it."""
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
    """Whether what is written to the socket is what the client reads. A TLS transport hands on the socket's methods."""
    from twisted.internet.tcp import Connection

    return isinstance(transport, Connection) and not getattr(transport, "TLS", False)


class DaphneTransport:
    """See `base.Transport`. To Twisted it is the producer of what goes out: told to pause, and to resume."""

    __slots__ = (
        *("_fragments", "_kind", "_protocol", "_queue", "_reading"),
        *("_room", "_transport", "_waiting", "_writable"),
    )

    def __init__(self, protocol: Any, receive: Receive) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._queue: asyncio.Queue[AsgiMessage] = receive.__self__  # type: ignore[attr-defined]
        self._writable = True
        self._room: asyncio.Future[None] | None = None
        self._reading = True
        self._waiting = 0  # bytes of messages that came since Daphne's queue was last empty
        # The HTTP channel handed the connection over; it and its request would keep each other in memory.
        if hasattr(self._transport.producer, "requests"):
            self._transport.producer.requests.clear()
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)
        self._transport.bufferSize = READ_SIZE
        self._fragments = 0
        self._kind = type(protocol)
        protocol.closeHandshakeTimeout = ANSWER_SECONDS
        protocol.onMessage = self._on_message
        protocol.onMessageFrameBegin = self._on_fragment
        protocol.onClose = self._on_close

    # --- out ---

    def write(self, data: bytes) -> bool:
        """Sends at once what the kernel takes, instead of asking the reactor for a turn of its own for each frame."""
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
        """Waits for `resumeProducing`."""
        if not self._writable:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def waiting(self) -> int:
        """What the transport has not sent yet."""
        transport = self._transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    def is_open(self) -> bool:
        """Neither closed nor lost."""
        transport = self._transport
        return self._protocol.state == STATE_OPEN and transport.connected and not transport.disconnecting

    def abort(self) -> None:
        """Resets the connection."""
        self._transport.abortConnection()

    def pauseProducing(self) -> None:  # noqa: N802 (Twisted's IPushProducer)
        """Twisted: the transport's buffer is over its mark. Nothing more is read: a ping would be answered into it."""
        self._writable = False
        self._read_or_not()

    def resumeProducing(self) -> None:  # noqa: N802
        """Twisted: the transport's buffer is empty again."""
        self._writable = True
        self._read_or_not()
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    stopProducing = resumeProducing  # noqa: N815 (Twisted: the connection is lost)

    # --- in ---

    def _on_fragment(self, length: int) -> None:
        self._kind.onMessageFrameBegin(self._protocol, length)
        self._fragments += 1
        if self._fragments > MOST_FRAGMENTS:
            self.abort()

    def _on_close(self, *what: Any) -> None:
        self.stopProducing()  # Autobahn takes us off the transport before it drops the connection
        protocol = self._protocol
        self._kind.onClose(protocol, *what)
        # What ended must not wait in memory for the cyclic garbage collector: the protocol holds our methods, and in
        # a Deferred itself.
        del protocol.onMessage, protocol.onMessageFrameBegin, protocol.onClose
        protocol.is_closed = None

    def _on_message(self, payload: bytes, is_binary: bool) -> None:
        self._kind.onMessage(self._protocol, payload, is_binary)
        self._fragments = 0
        self._waiting += len(payload) + MESSAGE_COST
        if self._waiting > READ_AHEAD:
            self._read_or_not()

    async def receive(self) -> AsgiMessage:
        """Daphne's next message; when none is waiting the socket is read again."""
        message: AsgiMessage = await self._queue.get()
        if self._queue.empty():
            self._waiting = 0
            if not self._reading:
                self._read_or_not()
        return message

    def _read_or_not(self) -> None:
        reading = self._writable and self._waiting <= READ_AHEAD
        if reading != self._reading:
            self._reading = reading
            if reading:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()
