"""A client of /stats inside the test's own process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from channels.testing import WebsocketCommunicator

from pulse.consumers import PulseConsumer
from pulse.tests.support import host_and_seq, send_pulse
from rtproject.websocket.groups.registry import GroupEvent

PATIENCE = 20  # seconds until a test gives up waiting for a frame


class Client:
    """A connection to /stats."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator

    async def next(self) -> tuple[str, int]:
        """Host and seq of the next frame."""
        return host_and_seq(await self.communicator.receive_from(timeout=PATIENCE))

    async def rest(self) -> list[tuple[str, int]]:
        """All frames that come before one that is sent now."""
        await send_pulse("the end", 0)
        return [frame async for frame in self._until(("the end", 0))]

    async def _until(self, last: tuple[str, int]) -> AsyncIterator[tuple[str, int]]:
        while (frame := await self.next()) != last:
            yield frame


@asynccontextmanager
async def connected(user: object = None, **query: object) -> AsyncIterator[Client]:
    """A client that is let in."""
    communicator = WebsocketCommunicator(PulseConsumer.as_asgi(), "/stats?" + urlencode(query))
    if user is not None:
        communicator.scope["user"] = user
    assert await communicator.connect(timeout=PATIENCE) == (True, None)
    try:
        yield Client(communicator)
    finally:
        await communicator.disconnect()


class Heard:
    """A member of a group that can wait for what it hears."""

    def __init__(self) -> None:
        self._seqs: asyncio.Queue[int] = asyncio.Queue()

    def deliver(self, event: GroupEvent) -> None:
        self._seqs.put_nowait(event.tags["seq"])

    async def until(self, seq: int) -> None:
        while await self._seqs.get() != seq:
            pass
