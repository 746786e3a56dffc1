"""What several tests of the rooms need: rooms in the store, and clients in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from rooms.access.loader import load_rooms
from rooms.consumers import RoomConsumer
from rooms.models import Room
from rooms.routing import websocket_urlpatterns
from rtproject.asgi import application as site
from rtproject.tests.support.frames import PRESENCE
from rtproject.websocket.exceptions import LayerUnavailable

PATIENCE = 20  # seconds until a test gives up waiting for a frame

# What may be asked for a room, from the inside out.
APPLICATIONS = {
    "consumer": RoomConsumer.as_asgi(),
    "routes": URLRouter(websocket_urlpatterns),
    "site": site,
}


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own, which pads a password with NULs, without the time that it takes."""

    iterations = 1


def make_room(name: str = "VIP", password: str | None = "secret123", **fields: Any) -> Room:
    """A room that is stored; its password is as good as any."""
    room = Room(name=name, **fields)
    if password:
        room.set_password(password)
    room.save()
    return room


def set_password(raw: str | None) -> None:
    """What an admin does to the only room."""
    room = Room.objects.get()
    room.set_password(raw)
    room.save()


async def out_of_reach(*_: Any, **__: Any) -> None:
    """Stands in for whatever needs the channel layer."""
    raise LayerUnavailable("no layer")


class Client(WebsocketCommunicator):
    """A client of a room in this process."""

    welcome: dict[str, Any]

    def __init__(
        self, room: str, application: str = "consumer", pairs: list[tuple[str, str]] | None = None,
        subprotocols: list[str] | None = None, user: Any = None, **query: str,
    ) -> None:  # fmt: skip
        path = f"/ws/{quote(room, safe='')}?{urlencode(pairs or query)}"
        super().__init__(APPLICATIONS[application], path, subprotocols=subprotocols)
        self.scope["url_route"] = {"args": (), "kwargs": {"room": room}}
        if user is not None:
            self.scope["user"] = user

    async def knock(self) -> tuple[bool, int | str | None]:
        """What `connect` answers: whether the client is in, and the code or the subprotocol."""
        return await self.connect(timeout=PATIENCE)

    async def next(self) -> dict[str, Any]:
        """The next frame, whoever came or went meanwhile."""
        while (frame := await self.receive_json_from(timeout=PATIENCE))["type"] in PRESENCE:
            pass
        return frame

    async def put(self, text: str | None = None, data: bytes | None = None) -> None:
        """Sends a frame, also an empty one."""
        kind = {"text": text} if data is None else {"bytes": data}
        await self.send_input({"type": "websocket.receive", **kind})

    async def ask(self, frame: Any) -> dict[str, Any]:
        """Sends one frame and returns the next one that comes: text as it is, all else as JSON."""
        await self.put(frame if isinstance(frame, str) else json.dumps(frame))
        return await self.next()

    async def code(self) -> int:
        """The code that the connection is closed with, next, whoever came or went meanwhile."""
        while (output := await self.receive_output(timeout=PATIENCE))["type"] == "websocket.send":
            assert json.loads(output["text"])["type"] in PRESENCE, output
        assert output["type"] == "websocket.close", output
        return output["code"]

    async def still_here(self) -> bool:
        """Whether the connection answers, with nothing else in between."""
        return await self.ask({"type": "ping"}) == {"type": "pong"}


async def refusal(*args: Any, **kwargs: Any) -> int | str | None:
    """The code that a newcomer is turned away with; nobody is in the layer's groups then."""
    client = Client(*args, **kwargs)
    is_in, code = await client.knock()
    assert not is_in
    await client.disconnect()
    assert get_channel_layer().groups == {}
    return code


@asynccontextmanager
async def entered(*args: Any, **kwargs: Any) -> AsyncIterator[Client]:
    """A client that is let in; its first frame is in `welcome`."""
    client = Client(*args, **kwargs)
    assert await client.knock() == (True, None)
    client.welcome = await client.next()
    assert client.welcome["type"] == "welcome"
    try:
        yield client
    finally:
        if not client.future.done():  # a frame that never came has ended it
            await client.disconnect(timeout=PATIENCE)


class Looks:
    """The looks that the enforcement took at rooms."""

    def __init__(self) -> None:
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    async def at(self, key: str) -> None:
        """Returns when the room of this key has been looked at once more."""
        async with asyncio.timeout(PATIENCE):
            while await self._keys.get() != key:
                pass

    async def load_rooms(self, names: Collection[str]) -> dict[str, Room]:
        """Stands in for the enforcement's own."""
        found: dict[str, Room] = await load_rooms(names)
        for name in names:
            self._keys.put_nowait(name)
        return found
