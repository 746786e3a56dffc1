"""ASGI middleware for denials that a client can see, and the limit of connections.

`application.py` has its order. Once a connection is open, middleware adds one plain call to `send` at
most. Middleware with nothing to do at the end returns the coroutine of its inner application instead of
awaiting it, which would keep a frame in memory for as long as the connection is open.
"""

import logging
from collections import Counter
from collections.abc import Awaitable

from rtproject.websocket.addresses import client_address, describe
from rtproject.websocket.asgi_types import Application, AsgiMessage, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import handshakes
from rtproject.websocket.options import option
from rtproject.websocket.query import choose_subprotocol

logger = logging.getLogger(__name__)


class VisibleCloseCodes:
    """ASGI middleware that shows a client the close code of a denial.

    A close before the accept becomes a bare HTTP 403, and 1006 in a browser: the code is lost. So the
    connection is accepted and closed at once, with nothing in between. An in-process caller (the channels
    test communicator, whose scope has no `client`) sees the close itself.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.inner(scope, receive, _Visible(scope, send))


class _Visible:
    """A `send` that shows the first answer if it is a close; a closure would be larger."""

    __slots__ = ("_answered", "_scope", "_send")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._answered = False

    def __call__(self, message: AsgiMessage) -> Awaitable[None]:
        # Not a coroutine: a message to an open connection must not cost one.
        if self._answered:
            return self._send(message)
        self._answered = True
        if message["type"] == "websocket.close":
            return self._deny(message)
        handshakes["accepted", None] += 1
        return self._send(message)

    async def _deny(self, message: AsgiMessage) -> None:
        code = int(message.get("code", 1000))
        handshakes["denied", code] += 1
        logger.info("%s refused with %s", describe(self._scope), code)
        if "client" in self._scope:
            await self._send({"type": "websocket.accept", "subprotocol": choose_subprotocol(self._scope)})
        await self._send(message)


class ConnectionsPerAddress:
    """ASGI middleware that closes connections above CONNECTIONS_PER_ADDRESS with 4101.

    Denied connections count while they are open.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.open: Counter[str] = Counter()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        address = client_address(scope)
        most = option("CONNECTIONS_PER_ADDRESS")
        if address is None or not most:
            return self.inner(scope, receive, send)
        return self._counted(address, most, scope, receive, send)

    async def _counted(self, address: str, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        self.open[address] += 1
        try:
            if self.open[address] <= most:
                await self.inner(scope, receive, send)
            else:
                await deny(receive, send, CloseCode.RATE_LIMITED)
        finally:
            self.open[address] -= 1
            if not self.open[address]:
                del self.open[address]


async def deny(receive: Receive, send: Send, code: CloseCode) -> None:
    """Deny a connection with `code`, and stay until the client is gone."""
    await receive()
    await send({"type": "websocket.close", "code": int(code)})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Close with 4004: the route of any path that no other route knows."""
    await deny(receive, send, CloseCode.NOT_FOUND)
