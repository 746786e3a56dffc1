"""Watches, in each process, over who is inside: a change of a room turns away whom it concerns.

An event on the room's group says that something changed; what, is read from the store, once for all who are inside.
An event may be lost with the channel layer, so every few seconds all rooms with somebody inside are read again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rooms.doors import find_rooms, judge
from rooms.models import Room
from rtproject.websocket.drain import background
from rtproject.websocket.loops import per_loop

if TYPE_CHECKING:
    from rooms.consumers import RoomConsumer

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0


class Doorkeeper:
    """The connections inside each room in this process. Use `current_doorkeeper()`."""

    def __init__(self) -> None:
        self._inside: dict[str, set[RoomConsumer]] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def enter(self, connection: "RoomConsumer") -> None:
        """Watches over `connection` until it leaves."""
        inside = self._inside.setdefault(connection.key, set())
        twin = next(iter(inside), connection)
        if _same_row(twin.room, connection.room):
            connection.room = twin.room  # one row in memory, however many came in by the same
        inside.add(connection)
        if self._task is None or self._task.done():
            self._task = background(self._watch(), "doorkeeper")

    def leave(self, connection: "RoomConsumer") -> None:
        """Forgets `connection`, if it was here."""
        inside = self._inside.get(connection.key, set())
        inside.discard(connection)
        if not inside:
            self._inside.pop(connection.key, None)

    def members(self, key: str) -> set[str]:
        """The ids of the members who are in a room in this process."""
        return {connection.member.id for connection in self._inside.get(key, ())}

    def room_changed(self, key: str) -> None:
        """Something about a room is not as it was; every connection in it may say so, and it is read once."""
        self._changed.add(key)
        self._wake.set()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        look_at = loop.time() + LOOK_AGAIN_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(look_at):
                    await self._wake.wait()
            if loop.time() >= look_at:  # also when somebody wakes us all the time
                self._changed.update(self._inside)
                look_at = loop.time() + LOOK_AGAIN_SECONDS
            self._wake.clear()
            changed, self._changed = self._changed, set()
            await self._look(changed & self._inside.keys())

    async def _look(self, keys: Iterable[str]) -> None:
        """Reads these rooms and turns away who may not stay."""
        keys = list(keys)
        if not keys:
            return
        try:
            async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                rooms = await find_rooms(keys)
        except Exception as error:  # nobody can enter meanwhile, and the next look comes soon
            logger.error("cannot look after the rooms: %r", error)
            return
        for key in keys:
            for connection in list(self._inside.get(key, ())):
                code = judge(connection.room, rooms.get(key))
                if code is not None:
                    connection.end(code)


def _same_row(one: Room, other: Room) -> bool:
    names = ("pk", "name", "title", "password_version")
    return all(getattr(one, name) == getattr(other, name) for name in names)


current_doorkeeper = per_loop(Doorkeeper)
