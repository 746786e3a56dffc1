"""Helpers of the kernel's tests: timeouts, ASGI messages, and a connection without a server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from rtproject.websocket.asgi_types import Application, AsgiMessage, Receive, Scope, Send

T = TypeVar("T")

TIMEOUT = 60.0  # seconds: running into it means that the awaited event never comes

CLIENT = ["192.0.2.1", 50000]
ACCEPT = {"type": "websocket.accept", "subprotocol": None}


async def soon(awaitable: Awaitable[T]) -> T:
    """Return the result of `awaitable`; TimeoutError if it never comes."""
    return await asyncio.wait_for(awaitable, TIMEOUT)


async def settle() -> None:
    """Let everything that is ready to run have its turns, several times over."""
    for _ in range(20):
        await asyncio.sleep(0)


def closed_with(code: int) -> AsgiMessage:
    """The ASGI message that closes a connection."""
    return {"type": "websocket.close", "code": code}


def text(content: str) -> AsgiMessage:
    """The ASGI message that sends one text."""
    return {"type": "websocket.send", "text": content}


def websocket_scope(**more: Any) -> dict[str, Any]:
    """The scope of a handshake; without a `client`, as a caller inside the process has it."""
    return {
        "type": "websocket",
        "path": "/somewhere",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        **more,
    }


class Connection:
    """The server's side of one connection: `sent` has the application's messages, in order.

    While `reading` is not set, `send` waits, as it does in a server whose client does not read.
    """

    def __init__(self, application: Application, *texts: str, **scope: Any) -> None:
        self.scope = websocket_scope(**scope)
        self.sent: list[AsgiMessage] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self._arrived: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._incoming: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._application = application
        self.say({"type": "websocket.connect"})
        for content in texts:
            self.say({"type": "websocket.receive", "text": content})

    def say(self, message: AsgiMessage) -> None:
        """Queue the client's next message."""
        self._incoming.put_nowait(message)

    def leave(self, code: int = 1001) -> None:
        """Close as a client does."""
        self.say({"type": "websocket.disconnect", "code": code})

    async def send(self, message: AsgiMessage) -> None:
        """The ASGI `send` of this connection."""
        await self.reading.wait()
        self.sent.append(message)
        self._arrived.put_nowait(message)

    async def next(self) -> AsgiMessage:
        """Return the next message of the application."""
        return await soon(self._arrived.get())

    async def run(self) -> None:
        """Run the application on this connection until it returns."""
        await self._application(self.scope, self._incoming.get, self.send)

    async def visit(self) -> list[AsgiMessage]:
        """Run the application for a client that leaves once everything is said; return the messages it was sent."""
        self.leave()
        await soon(self.run())
        return self.sent

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """The application's task, which must have ended at the end of the block or shortly after."""
        task = asyncio.create_task(self.run())
        try:
            yield task
            await asyncio.wait({task}, timeout=TIMEOUT)
            assert task.done(), "the application still runs"
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def stays(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that accepts and stays until the client leaves."""
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass
