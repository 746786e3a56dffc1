"""Reads rooms from the store for the event loop: once for all who ask at the same time.

When a network comes back everybody in a room does. Each of them has to know how the room is now, and a look that began
after they asked tells them, whoever it was for. Strangers who knock without pause share a few looks: one for each would
cost a query and two hops between threads.
"""

import asyncio
from collections.abc import Collection

from channels.db import database_sync_to_async

from rooms.access.versions import query_rooms
from rooms.models import Room
from rooms.names import room_key
from rtproject.utils.loop_local import loop_local

BATCH_SECONDS = 0.1  # that a batch caller waits for others before they have a look taken
MOST_AT_ONCE = 500  # names in one query


class RoomLoader:
    """The look that is being taken, and the next one, which whoever asks meanwhile waits for."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._answer: asyncio.Future[dict[str, Room]] | None = None
        self._looking: asyncio.Task[None] | None = None

    async def find(self, names: Collection[str], batch: bool = False) -> dict[str, Room]:
        """See `doors.query_rooms`: what it returns for these names, read after this was called."""
        keys = {room_key(name) for name in names}
        self._asked |= keys
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
            self._answer.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        answer = self._answer
        if batch:
            await asyncio.wait({answer}, timeout=BATCH_SECONDS)
        if not answer.done() and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(), name="rooms reader")
        rooms = await asyncio.shield(answer)
        return {key: rooms[key] for key in keys & rooms.keys()}

    async def _look(self) -> None:
        while self._answer is not None:
            answer, self._answer = self._answer, None
            asked, self._asked = list(self._asked), set()
            try:
                answer.set_result(await _read(asked))
            except Exception as error:
                answer.set_exception(error)


async def _read(keys: list[str]) -> dict[str, Room]:
    found: dict[str, Room] = {}
    for start in range(0, len(keys), MOST_AT_ONCE):
        found |= await database_sync_to_async(query_rooms)(keys[start : start + MOST_AT_ONCE])
    return found


_current_loader = loop_local(RoomLoader)


async def load_rooms(names: Collection[str], batch: bool = False) -> dict[str, Room]:
    """The rooms of these names by key, see `doors.query_rooms`. Who is batch waits a little for others to ask as well.

    Raises django.db.Error.
    """
    return await _current_loader().find(names, batch)
