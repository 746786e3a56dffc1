"""What several tests of the kernel need: patience, messages, and a connection made by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from rtproject.websocket.asgi_types import Application, AsgiMessage, Receive, Scope, Send

T = TypeVar("T")

PATIENCE = 10.0  # seconds: running into it means that what a test waits for never comes

ACCEPT = {"type": "websocket.accept", "subprotocol": None}


async def soon(awaitable: Awaitable[T]) -> T:
    """The result of what a test waits for; TimeoutError if it never comes."""
    return await asyncio.wait_for(awaitable, PATIENCE)


async def settle() -> None:
    """Lets everything that is ready to run have its turns, several times over."""
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
    """The server's side of one connection: `sent` is what the application sent, in order.

    While `reading` is not set, `send` waits, as it does in a server whose client does not read.
    """

    def __init__(self, application: Application, **scope: Any) -> None:
        self.scope = websocket_scope(**scope)
        self.sent: list[AsgiMessage] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self._arrived: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._incoming: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._application = application
        self.say({"type": "websocket.connect"})

    def say(self, message: AsgiMessage) -> None:
        """The client's next message."""
        self._incoming.put_nowait(message)

    def leave(self, code: int = 1001) -> None:
        """The client closes."""
        self.say({"type": "websocket.disconnect", "code": code})

    async def send(self, message: AsgiMessage) -> None:
        """The ASGI `send` of this connection."""
        await self.reading.wait()
        self.sent.append(message)
        self._arrived.put_nowait(message)

    async def next(self) -> AsgiMessage:
        """The next message of the application that was not asked for yet."""
        return await soon(self._arrived.get())

    async def run(self) -> None:
        """Runs the application on this connection until it returns."""
        await self._application(self.scope, self._incoming.get, self.send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """The application's task, which must have ended at the end of the block or shortly after."""
        task = asyncio.create_task(self.run())
        try:
            yield task
            await asyncio.wait({task}, timeout=PATIENCE)
            assert task.done(), "the application still runs"
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def stays(scope: Scope, receive: Receive, send: Send) -> None:
    """An application: accepts, and stays until the client goes."""
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass
