"""A client of /stats inside the test's process."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from channels.testing import WebsocketCommunicator

from pulse.consumers import PulseConsumer
from pulse.tests.support import send_pulse

TIMEOUT = 20
NO_SCOPE: Mapping[str, Any] = {}


class Client(WebsocketCommunicator):
    """A connection to /stats."""

    async def next_frame(self) -> Any:
        return json.loads(await self.receive_from(TIMEOUT))

    async def next(self) -> tuple[str, int]:
        """The host and `seq` of the next frame."""
        frame = await self.next_frame()
        return frame["host"], frame["seq"]

    async def rest(self) -> list[tuple[str, int]]:
        """All frames that come before one that is sent now."""
        await send_pulse("the end", 0)
        frames = []
        while (frame := await self.next()) != ("the end", 0):
            frames.append(frame)
        return frames


def stats(scope: Mapping[str, Any] = NO_SCOPE, /, **query: object) -> Client:
    """A client that is not connected yet."""
    client = Client(PulseConsumer.as_asgi(), "/stats?" + urlencode(query))
    client.scope |= scope
    return client


@asynccontextmanager
async def connected(scope: Mapping[str, Any] = NO_SCOPE, /, **query: object) -> AsyncIterator[Client]:
    """A connected client."""
    client = stats(scope, **query)
    assert await client.connect(TIMEOUT) == (True, None)
    try:
        yield client
    finally:
        await client.disconnect()
