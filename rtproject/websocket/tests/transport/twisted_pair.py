"""A connection of Daphne's own classes over a socket pair, with a reactor that the test drives."""

import asyncio
import socket
from functools import partial
from typing import Any, cast

from daphne.server import Server  # type: ignore[import-untyped]
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol  # type: ignore[import-untyped]
from twisted.internet import tcp

from rtproject.websocket.transport.daphne import STATE_OPEN, find_daphne


class Reactor:
    """Keeps what Twisted registers; the test calls it."""

    def __init__(self):
        self.readers = set()
        self.writers = set()
        self._later = []

    def addReader(self, reader):  # noqa: N802 - Twisted's names
        self.readers.add(reader)

    def removeReader(self, reader):  # noqa: N802
        self.readers.discard(reader)

    def addWriter(self, writer):  # noqa: N802
        self.writers.add(writer)

    def removeWriter(self, writer):  # noqa: N802
        self.writers.discard(writer)

    def callLater(self, seconds, call, *arguments):  # noqa: N802
        self._later.append((call, arguments))

    def run_later(self):
        """Make the delayed calls."""
        later, self._later = self._later, []
        for call, arguments in later:
            call(*arguments)


class Pair:
    """The transport of one connection, and the client's end of it: a plain socket."""

    def __init__(self):
        ours, self.client = socket.socketpair()
        for end in (ours, self.client):
            end.setblocking(False)
        self.reactor = Reactor()
        self.server = Server(None, endpoints=["tcp:0"])
        self.protocol = WebSocketProtocol()
        self.protocol.factory = WebSocketFactory(self.server)
        self.protocol.factory.setProtocolOptions(openHandshakeTimeout=0)
        self.lost = False
        self.protocol.connectionLost = self._lost
        self.tcp = tcp.Server(
            ours, self.protocol, ("127.0.0.1", 1), cast(Any, None), 0, cast(Any, self.reactor)
        )
        self.protocol.transport = self.tcp
        self.protocol.peer = self.protocol.client_addr = None
        self.protocol._connectionMade()
        self.tcp.startReading()
        self.protocol.state = STATE_OPEN
        self.protocol.inside_message, self.protocol.current_frame = False, None
        self.protocol.websocket_version = 13
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.protocol.application_queue = self.queue
        self.send = partial(self.server.handle_reply, self.protocol)
        self.transport = find_daphne(self.queue.get, self.send)

    @property
    def reading(self):
        """Whether Twisted reads what the client sends."""
        return self.tcp in self.reactor.readers

    def read(self):
        """Return the bytes that have arrived at the client."""
        received = b""
        while True:
            try:
                data = self.client.recv(1 << 20)
            except BlockingIOError:
                return received
            if not data:
                return received
            received += data

    def carry(self):
        """Read at the client's end, and let Twisted write, until nothing is left. Returns the bytes read."""
        received = self.read()
        while self.tcp in self.reactor.writers:
            self.tcp.doWrite()
            received += self.read()
        return received

    def receive(self, data=b""):
        """Have the client send `data`, and Twisted read once, if it would."""
        self.client.sendall(data)
        if self.reading:
            self.tcp.doRead()

    def close(self):
        """Close both sockets."""
        self.tcp.abortConnection()
        self.reactor.run_later()
        self.client.close()

    def _lost(self, reason):
        self.lost = True
