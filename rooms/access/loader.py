"""Loading rooms from the store: callers that ask at the same time share one query.

After a network failure everybody in a room reconnects at once. Each of them needs the room as it is now, and a query
that began after they asked answers all of them.
"""

import asyncio
from collections.abc import Collection

from channels.db import database_sync_to_async
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from rooms.identity import identity_key
from rooms.models import Ban, MessageSequence, ReservedName, Room, unlink_sequence
from rooms.names import room_key
from rtproject.websocket.utils.loop_local import loop_local

BATCH_SECONDS = 0.1  # a caller with `batch=True` waits this long for others to share its query
MAX_KEYS = 500  # in one query


def query_rooms(names: Collection[str]) -> dict[str, Room]:
    """Return the rooms of these names by key (see `names.room_key`). Blocks.

    It takes three queries at most. An open, unlisted room is a Room that was never saved (its `pk` is None). A
    key that admits no one is missing: its room was deleted, or unlisted rooms are not allowed. Raises
    django.db.Error.
    """
    identity_key()  # read here, where it may block: newcomers are identified on the event loop
    keys = {room_key(name) for name in names}  # a name that is not a key must not count as unlisted
    rooms = Room.objects.select_related("sequence").with_restricted().named(*keys)
    found = {room_key(room.name): room for room in rooms}
    for room in found.values():
        if bool(room.epoch) != bool(room.history_size):
            MessageSequence.objects.sync(room)
        unlink_sequence(room)
    missing = keys - found.keys()
    if missing and settings.ROOMS_ALLOW_UNLISTED:
        reserved = ReservedName.objects.filter(key__in=missing).values_list("key", flat=True)
        found |= {key: Room(name=key, history_size=0) for key in missing - set(reserved)}
    bans = Ban.objects.filter(Q(room=None) | Q(room__key__in=found), Q(until=None) | Q(until__gt=Now()))
    banned = list(bans.values_list("room", "origin", "member"))
    for room in found.values() if banned else ():
        room.banned = frozenset(ban[1:] for ban in banned if ban[0] in (None, room.pk))
    return found


class RoomLoader:
    """The query that is running, and the next one, which callers that ask meanwhile wait for."""

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._next: asyncio.Future[dict[str, Room]] | None = None
        self._loading: asyncio.Task[None] | None = None

    async def load(self, keys: Collection[str], batch: bool = False) -> dict[str, Room]:
        """Return what `query_rooms` finds for these keys, read after this was called."""
        self._wanted.update(keys)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._next.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        answer = self._next
        if batch:
            await asyncio.wait({answer}, timeout=BATCH_SECONDS)
        if not answer.done() and (self._loading is None or self._loading.done()):
            self._loading = asyncio.create_task(self._load_all(), name="room loader")
        rooms = await asyncio.shield(answer)
        return {key: rooms[key] for key in keys if key in rooms}

    async def _load_all(self) -> None:
        while self._next is not None:
            answer, self._next = self._next, None
            wanted, self._wanted = list(self._wanted), set()
            try:
                answer.set_result(await _query(wanted))
            except Exception as error:
                answer.set_exception(error)


async def _query(keys: list[str]) -> dict[str, Room]:
    found: dict[str, Room] = {}
    for start in range(0, len(keys), MAX_KEYS):
        found |= await database_sync_to_async(query_rooms)(keys[start : start + MAX_KEYS])
    return found


_current_loader = loop_local(RoomLoader)


async def load_rooms(keys: Collection[str], batch: bool = False) -> dict[str, Room]:
    """Return the rooms of these keys, see `query_rooms`. Raises django.db.Error.

    With `batch=True`, waits up to 0.1 s so that callers share one query: strangers who reconnect without pause must
    not cost a query each.
    """
    return await _current_loader().load(keys, batch)
