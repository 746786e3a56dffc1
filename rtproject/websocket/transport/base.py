"""The transport under an ASGI `send`, on the servers that we know.

ASGI cannot say that a client does not read, and each `send` encodes its message anew. A transport writes
finished frames and tells when the client has to be waited for. It is found by looking behind the server's own
`send`, so it rests on private parts of a server: each kind checks that all it needs is there. Where it is
not, or the server is another one, everything goes through ASGI: slower, and the server's own buffer for a
slow client has no bound. A warning says so.
"""

import asyncio
import logging
from collections.abc import Awaitable
from functools import cache
from typing import Protocol

from rtproject.websocket.addresses import client_address
from rtproject.websocket.asgi_types import Application, AsgiMessage, Receive, Scope, Send
from rtproject.websocket.counters import traffic
from rtproject.websocket.transport.daphne import find_daphne
from rtproject.websocket.transport.turns import SLICE
from rtproject.websocket.transport.uvicorn import find_uvicorn

logger = logging.getLogger(__name__)

TRANSPORT_KEY = "rtproject.transport"


class Transport(Protocol):
    """One connection's transport."""

    def write(self, data: bytes) -> bool:
        """Write a finished frame, or drop it if closed.

        Return False if `drained()` must be awaited before the next frame.
        """

    async def drained(self) -> None:
        """Return when there is room again, or the connection is gone."""

    def waiting(self) -> int:
        """Return the number of bytes that the server has taken and not sent yet."""

    def is_open(self) -> bool:
        """Return whether a frame that is written now may still reach the client."""

    def abort(self) -> None:
        """End the connection now, without sending the rest."""

    receive: Receive  # the server's, but a slice ahead of us at most


class TransportMiddleware:
    """The outermost ASGI middleware, which puts the connection's transport into its scope."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope = dict(scope)
        transport = find_daphne(receive, send) or find_uvicorn(send)
        if transport is None:
            if scope.get("client"):
                _tell_once(type(getattr(send, "__self__", send)).__name__)
            return self.inner(scope, _Yielding(receive), send)
        transport.address = client_address(scope) or ""
        scope[TRANSPORT_KEY] = transport
        return self.inner(scope, transport.receive, send)


class _Yielding:
    """A `receive` that lets others run after each slice: it never waits while a server has messages in its queue."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = SLICE

    async def __call__(self) -> AsgiMessage:
        if not self._left:
            self._left = SLICE
            await asyncio.sleep(0)
        self._left -= 1
        message = await self._receive()
        traffic.bytes_in += len(message.get("text") or message.get("bytes") or "")
        return message


@cache
def _tell_once(server: str) -> None:
    logger.warning(
        "frames go through ASGI, and what waits for one client may have no bound: this is no server without TLS that "
        "we know, but a %s",
        server,
    )
