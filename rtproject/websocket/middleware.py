"""ASGI middleware between a server and our consumers. `rtproject/asgi.py` says in which order.

None of it stays in the way of a message: once a connection is open, `send` is one plain call deeper at most.
"""

import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from django.conf import settings

from rtproject.websocket.addresses import client_address, describe
from rtproject.websocket.asgi_types import Application, Message, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.origins import is_foreign

logger = logging.getLogger(__name__)

SUBPROTOCOL = "rtproject.v1"


class ForeignOrigins:
    """Rejects what a page of a foreign site opened: never accepted, so the server answers HTTP 403."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_foreign(scope["headers"]):
            await self.inner(scope, receive, send)
            return
        logger.warning("%s refused with HTTP 403: foreign origin", describe(scope))
        await receive()
        await send({"type": "websocket.close", "code": int(CloseCode.FORBIDDEN)})


class VisibleCloseCodes:
    """Shows a client why it was turned away.

    A close before the accept is a bare HTTP 403 on the wire and 1006 in a browser: the code is lost. So the
    connection is accepted and closed at once, with nothing in between. A caller inside the process (the channels
    test communicator: its scope has no `client`) is told by the close itself.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        # Not a coroutine of its own: a message to an open connection must not pay for one.
        def visible(message: Message) -> Coroutine[Any, Any, None]:
            nonlocal answered
            if answered:
                return send(message)
            answered = True
            if message["type"] == "websocket.close":
                return refuse(message)
            return send(message)

        async def refuse(message: Message) -> None:
            logger.info("%s refused with %s", describe(scope), int(message.get("code", 1000)))
            if "client" in scope:
                await send({"type": "websocket.accept", "subprotocol": choose_subprotocol(scope)})
            await send(message)

        await self.inner(scope, receive, visible)


def choose_subprotocol(scope: Scope) -> str | None:
    """Ours if the client offers it, else its first: a browser fails the handshake if none that it offers is chosen."""
    offered = [name for name in scope.get("subprotocols", ()) if name]
    return SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(offered), None)


class ConnectionsPerAddress:
    """Closes with 4101 what exceeds WEBSOCKETS_PER_ADDRESS open connections, the refused ones included."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = client_address(scope)
        limit = settings.WEBSOCKETS_PER_ADDRESS
        if address is None or not limit:
            await self.inner(scope, receive, send)
            return
        self.open[address] += 1
        try:
            if self.open[address] <= limit:
                await self.inner(scope, receive, send)
            else:
                await turn_away(receive, send, CloseCode.RATE_LIMITED)
        finally:
            self.open[address] -= 1
            if not self.open[address]:
                del self.open[address]


async def turn_away(receive: Receive, send: Send, code: CloseCode) -> None:
    """Refuses a connection with `code` and stays until the client is gone."""
    await receive()
    await send({"type": "websocket.close", "code": int(code)})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The last route: any path that no other knows closes with 4004."""
    await turn_away(receive, send, CloseCode.NOT_FOUND)
