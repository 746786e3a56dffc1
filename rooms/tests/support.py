"""Rooms and messages in the store, and clients in this process."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.models import F

from rooms.access.loader import load_rooms, query_rooms
from rooms.access.versions import access_version
from rooms.consumers import RoomConsumer
from rooms.history.store import NewMessage, StoreResult, store_messages
from rooms.models import Message, Room
from rooms.names import room_key
from rooms.protocol import Person
from rooms.routing import websocket_urlpatterns
from rtproject.asgi import application as site
from rtproject.tests.support.frames import PRESENCE
from rtproject.websocket.exceptions import LayerUnavailable

TIMEOUT = 20  # seconds: running into it means that what a test waits for never comes

# The layers of the application, from the inside out.
APPLICATIONS = {
    "consumer": RoomConsumer.as_asgi(),
    "routes": URLRouter(websocket_urlpatterns),
    "site": site,
}
ADA = Person("a" * 24, "Ada", guest=True)
BOB = Person("b" * 24, "Bob", guest=False)


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own, which pads a password with NULs, without the time that it takes."""

    iterations = 1


async def until(condition: Callable[[], object]) -> None:
    """Return when `condition` is true."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def layer_unavailable(*_: Any, **__: Any) -> None:
    """Stand in for whatever needs the channel layer."""
    raise LayerUnavailable("no layer")


def make_room(name: str = "VIP", password: str | None = "secret123", **fields: Any) -> Room:
    """Store a room."""
    room = Room(name=name, **fields)
    if password:
        room.set_password(password)
    room.save()
    return room


def change_room(**fields: Any) -> None:
    """Change the only room as an admin does."""
    room = Room.objects.get()
    for name, value in fields.items():
        setattr(room, name, value)
    room.save()


def set_password(raw: str | None) -> None:
    """Set the password of the only room as an admin does."""
    room = Room.objects.get()
    room.set_password(raw)
    room.save()


def recreate_room() -> None:
    """Delete the only room and make another one of its name."""
    name = Room.objects.get().name
    Room.objects.all().delete()
    make_room(name)


def keeping_room(name: str = "lobby", password: str | None = None, **fields: object) -> Room:
    """Store a room with history, and read it as connections do."""
    make_room(name, password, **fields)
    return read_again(name)


def read_again(name: str = "lobby") -> Room:
    """Return a room as it is now, with its sequence."""
    return query_rooms([name])[room_key(name)]


def resize(size: int) -> Room:
    """Change the history size of the only room, and read it again."""
    change_room(history_size=size)
    return read_again(Room.objects.get().name)


def new_message(
    room: Room, text: str = "hi", client_id: str | None = None, member: Person = ADA
) -> NewMessage:
    """A message of `member`, who entered when the room was as `room` says."""
    key = f":{secrets.token_hex(16)}" if client_id is None else f"={client_id}"
    return NewMessage(room, access_version(room), member, text, key)


def deletion(room: Room, target: int, member: Person = ADA) -> NewMessage:
    """The deletion of a message by `member`."""
    key = f":{secrets.token_hex(16)}"
    return NewMessage(room, access_version(room), member, "", key, kind="deleted", target=target)


def put(*messages: NewMessage, again: bool = False) -> list[StoreResult]:
    """Store messages in one transaction."""
    return store_messages(messages, lambda: None, again)


def put_texts(room: Room, *texts: str) -> list[Message]:
    """Store one message for each text; return the rows."""
    results = put(*(new_message(room, text) for text in texts))
    return [result.row for result in results if result.row is not None]


def put_many(room: Room, count: int) -> list[Message]:
    """Store messages whose texts are their numbers, in a room that had none."""
    return put_texts(room, *(str(number) for number in range(1, count + 1)))


def make_older(**delta: float) -> None:
    """Set back the times of all messages."""
    Message.objects.update(at=F("at") - timedelta(**delta))


class Client(WebsocketCommunicator):
    """A client of a room in this process."""

    welcome: dict[str, Any]

    def __init__(
        self, room: str, application: str = "consumer", pairs: list[tuple[str, str]] | None = None,
        user: Any = None, session: Any = None, address: str | None = None, **query: str,
    ) -> None:  # fmt: skip
        path = f"/ws/{quote(room, safe='')}?{urlencode(pairs or query)}"
        super().__init__(APPLICATIONS[application], path)
        self.scope["url_route"] = {"args": (), "kwargs": {"room": room}}
        self.scope |= {} if user is None else {"user": user}
        self.scope |= {} if session is None else {"session": session}
        self.scope |= {} if address is None else {"client": [address, 50000]}

    async def next(self) -> dict[str, Any]:
        """Return the next frame that is not about presence."""
        while (frame := await self.receive_json_from(timeout=TIMEOUT))["type"] in PRESENCE:
            pass
        return frame

    async def put(self, text: str | None = None, data: bytes | None = None) -> None:
        """Send a frame, also an empty one."""
        kind = {"text": text} if data is None else {"bytes": data}
        await self.send_input({"type": "websocket.receive", **kind})

    async def ask(self, frame: Any) -> dict[str, Any]:
        """Send a frame, text as it is and all else as JSON, and return the next one that comes."""
        await self.put(frame if isinstance(frame, str) else json.dumps(frame))
        return await self.next()

    async def code(self) -> int:
        """Return the close code, which must come before any frame that is not about presence."""
        while (output := await self.receive_output(timeout=TIMEOUT))["type"] == "websocket.send":
            assert json.loads(output["text"])["type"] in PRESENCE, output
        assert output["type"] == "websocket.close", output
        return output["code"]

    async def is_open(self) -> bool:
        """Return whether a ping is answered, with no other frame before the answer."""
        return await self.ask({"type": "ping"}) == {"type": "pong"}


def joined_groups() -> set[str]:
    """Return the groups of the channel layer, but for that of the health check, which comes at any time."""
    return {group for group in get_channel_layer().groups if not group.startswith("health.")}


async def refusal(*args: Any, **kwargs: Any) -> int | str | None:
    """Return the code that a newcomer is denied with; nothing of it stays in the channel layer."""
    before = joined_groups()
    client = Client(*args, **kwargs)
    is_in, code = await client.connect(timeout=TIMEOUT)
    assert not is_in
    await client.disconnect()
    assert joined_groups() == before
    return code


@asynccontextmanager
async def entered(*args: Any, **kwargs: Any) -> AsyncIterator[Client]:
    """A client inside a room; its first frame is in `welcome`."""
    client = Client(*args, **kwargs)
    assert await client.connect(timeout=TIMEOUT) == (True, None)
    client.welcome = await client.next()
    assert client.welcome["type"] == "welcome"
    try:
        yield client
    finally:
        if not client.future.done():  # a frame that never came has ended it
            await client.disconnect(timeout=TIMEOUT)


class Looks:
    """The reads of rooms by the enforcement."""

    def __init__(self) -> None:
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    async def at(self, key: str) -> None:
        """Return when the room of this key was read once more."""
        async with asyncio.timeout(TIMEOUT):
            while await self._keys.get() != key:
                pass

    async def load_rooms(self, names: Collection[str]) -> dict[str, Room]:
        """Stand in for the enforcement's own."""
        found: dict[str, Room] = await load_rooms(names)
        for name in names:
            self._keys.put_nowait(name)
        return found
