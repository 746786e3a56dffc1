"""The list of rooms, read once every few seconds for all its readers."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nlargest
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Substr
from django.http import HttpRequest

from rooms.access.rules import ask_rules
from rooms.identity import identify, identity_key, user_of
from rooms.models import Message, Room
from rooms.presence.tracker import count_by_row
from rtproject.utils.database_threads import in_public_thread
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

FRESH_SECONDS = 3.0
STORE_TIMEOUT = 3.0  # seconds
MAX_LISTED = 200  # rooms; the others can be entered by their names
TEXT_SHOWN = 160  # characters of a last message


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A room in the list. `last_by` and `last_text` are for rooms that anybody may enter: see `_read_texts`."""

    name: str
    title: str
    guarded: bool
    closed: bool
    keeps: bool  # whether it keeps messages
    last_at: datetime | None  # of its last message
    members: int | None  # None: unknown
    seq: int = 0  # of its last message
    last_by: str = ""
    last_text: str = ""


@dataclass(frozen=True, slots=True)
class RoomList:
    """The listed rooms: the busiest first, those without members by the time of their last message.

    Rooms with about as many members are in the order of their titles, so that one moves only when its number of members
    doubles or halves. `total` is the number of all rooms that have a row, `people` the number of members of all rooms;
    each is None if it is unknown.
    """

    entries: tuple[RoomSummary, ...] = ()
    total: int | None = None
    people: int | None = None
    rows: dict[str, Room] = field(default_factory=dict, compare=False, repr=False)  # by name


Texts = dict[int, list[str]]

_store = FailureLog("reading the list of rooms")
_layer = FailureLog("counting who is in the rooms")


async def _look() -> RoomList:
    members: Counter[int] | None = None
    with _layer:
        members = await count_by_row()
    people = None if members is None else sum(members.values())
    with _store:
        async with asyncio.timeout(STORE_TIMEOUT):
            rooms, texts, total = await _read_rooms(members or Counter())
            entries = sorted((_entry(room, texts, members) for room in rooms), key=_place)
            return RoomList(tuple(entries[:MAX_LISTED]), total, people, {room.name: room for room in rooms})
    return RoomList(people=people)


@in_public_thread
def _read_rooms(members: Counter[int]) -> tuple[list[Room], Texts, int]:
    """Return up to 2 * MAX_LISTED rooms to list, in no order, their last texts, and the number of all rooms."""
    fullest = nlargest(MAX_LISTED, filter(None, members), key=lambda row: members[row])
    rooms = Room.objects.select_related("sequence").with_restricted()
    latest = rooms.order_by(F("sequence__last_at").desc(nulls_last=True), "name")[:MAX_LISTED]
    found = {room.pk: room for room in (*rooms.filter(pk__in=fullest), *latest)}
    return list(found.values()), _read_texts(found), Room.objects.count()


def _read_texts(rows: Iterable[int]) -> Texts:
    """Return the senders and the beginnings of last messages, by the rows of rooms that anybody may enter.

    One statement reads the message and the room's access, so that no text of a room that was just closed is shown.
    """
    if settings.ROOMS_ACCESS:
        return {}
    kept = OuterRef("sequence__last_seq") - OuterRef("history_size")
    newest = Message.objects.filter(room=OuterRef("pk"), seq__gt=kept).exclude(text="").order_by("-seq")
    rooms = Room.objects.filter(pk__in=list(rows), password="", groups=None)
    last = Message.objects.filter(pk__in=rooms.values_list(Subquery(newest.values("pk")[:1])))
    return {row: rest for row, *rest in last.values_list("room", "name", Substr("text", 1, TEXT_SHOWN))}


def _place(entry: RoomSummary) -> tuple[Any, ...]:
    size, title = (entry.members or 0).bit_length(), (entry.title or entry.name).casefold()
    age = -entry.last_at.timestamp() if entry.last_at else 0.0
    return (-size, title) if size else (0, age, title)


def _entry(room: Room, texts: Texts, members: Counter[int] | None) -> RoomSummary:
    sequence, keeps = getattr(room, "sequence", None), bool(room.history_size)
    last_at, seq = (sequence.last_at, sequence.last_seq) if sequence is not None and keeps else (None, 0)
    count, last = None if members is None else members[room.pk], texts.get(room.pk, ())
    return RoomSummary(room.name, room.title, room.guarded, room.closed, keeps, last_at, count, seq, *last)


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
