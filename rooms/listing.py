"""The list of rooms, read once every few seconds for all its readers."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nlargest
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest

from rooms.access.rules import ask_rules
from rooms.identity import identify, identity_key, user_of
from rooms.models import Room
from rooms.presence.tracker import count_by_row
from rtproject.utils.database_threads import in_public_thread
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

FRESH_SECONDS = 3.0
STORE_TIMEOUT = 3.0  # seconds
MAX_LISTED = 200  # rooms; the others can be entered by their names


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A room in the list."""

    name: str
    title: str
    guarded: bool
    closed: bool
    keeps: bool  # whether it keeps messages
    last_at: datetime | None  # of its last message
    members: int | None  # None: unknown


@dataclass(frozen=True, slots=True)
class RoomList:
    """The listed rooms: those with members by title, then the others, the last used one first.

    So a room moves only when it becomes empty or stops being empty. `total` is the number of all rooms that have a row,
    `people` the number of members of all rooms; each is None if it is unknown.
    """

    entries: tuple[RoomSummary, ...] = ()
    total: int | None = None
    people: int | None = None
    rows: dict[str, Room] = field(default_factory=dict, compare=False, repr=False)  # by name


_store = FailureLog("reading the list of rooms")
_layer = FailureLog("counting who is in the rooms")


async def _look() -> RoomList:
    members: Counter[int] | None = None
    with _layer:
        members = await count_by_row()
    people = None if members is None else sum(members.values())
    with _store:
        async with asyncio.timeout(STORE_TIMEOUT):
            rooms, total = await _read_rooms(members or Counter())
            return RoomList(
                tuple(_entries(rooms, members)), total, people, {room.name: room for room in rooms}
            )
    return RoomList(people=people)


@in_public_thread
def _read_rooms(members: Counter[int]) -> tuple[list[Room], int]:
    """Return up to 2 * MAX_LISTED rooms to list, in no order, and the number of all rooms."""
    fullest = nlargest(MAX_LISTED, filter(None, members), key=lambda row: members[row])
    rooms = Room.objects.select_related("sequence").with_restricted()
    latest = rooms.order_by(F("sequence__last_at").desc(nulls_last=True), "name")[:MAX_LISTED]
    found = {room.pk: room for room in (*rooms.filter(pk__in=fullest), *latest)}
    return list(found.values()), Room.objects.count()


def _entries(rooms: Iterable[Room], members: Counter[int] | None) -> list[RoomSummary]:
    entries = [_entry(room, None if members is None else members[room.pk]) for room in rooms]
    entries.sort(key=lambda entry: (entry.title or entry.name).casefold())
    quiet = [entry for entry in entries if not entry.members]
    quiet.sort(key=lambda entry: entry.last_at.timestamp() if entry.last_at else 0.0, reverse=True)
    return ([entry for entry in entries if entry.members] + quiet)[:MAX_LISTED]


def _entry(room: Room, members: int | None) -> RoomSummary:
    sequence = getattr(room, "sequence", None)
    last_at = sequence.last_at if sequence is not None and room.history_size else None
    return RoomSummary(
        room.name, room.title, room.guarded, room.closed, bool(room.history_size), last_at, members
    )


_current_room_list = loop_local(lambda: TTLCache(_look, FRESH_SECONDS))


async def current_room_list() -> RoomList:
    """Return the list as it was at most FRESH_SECONDS ago. Never raises."""
    return await _current_room_list().get()


@in_public_thread
def _rows_for(user: Any) -> set[int]:
    """Return the rows of rooms for the groups of `user`, a primary key."""
    identity_key()  # read here, where it may block
    return set(Room.objects.filter(groups__user__in=[user]).values_list("pk", flat=True))


async def list_for(request: HttpRequest) -> RoomList:
    """Return the list of the rooms that the reader needs but a password for."""
    listed = await current_room_list()
    if not any(settings.ROOMS_ACCESS or room.restricted for room in listed.rows.values()):
        return listed
    user = await request.auser()
    reader = {"user": user, "cookies": request.COOKIES}
    theirs = await _rows_for(user.pk)

    async def is_visible(entry: RoomSummary) -> bool:
        row, (member, _) = listed.rows[entry.name], identify(reader, {}, entry.name)
        may_enter = not row.restricted or row.pk in theirs
        return may_enter and await ask_rules("may_enter", user_of(reader, member), row) is True

    seen = await asyncio.gather(*map(is_visible, listed.entries))
    entries = tuple(entry for entry, is_seen in zip(listed.entries, seen, strict=True) if is_seen)
    return replace(listed, entries=entries, total=(listed.total or 0) - seen.count(False))
