"""Enforcement of a room's rules on the connections inside.

It announces changes, reconciles the connections with the store, and disconnects members. An event of the
room's group says that something changed; the change itself is read from the store, once for all connections
inside. Since events may be lost, all rooms with a connection inside are read again every few seconds; the
newest message number is read with them, and tells a live room what it has missed.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from datetime import timedelta
from importlib import import_module
from operator import attrgetter
from typing import Any, Protocol

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.utils import timezone

from rooms.access.loader import load_rooms
from rooms.access.rules import ask_rules, in_groups
from rooms.access.versions import revocation_code
from rooms.delivery.registry import current_live_rooms
from rooms.identity import is_banned
from rooms.models import Disconnection, MessageSequence, Room
from rooms.names import room_group
from rooms.protocol import Person
from rtproject.utils.db import short_transaction
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

RECONCILE_SECONDS = 2.0  # between two reads of all rooms
STORE_TIMEOUT = 5.0  # seconds for one read
QUESTIONS_AT_ONCE = 20  # to ROOMS_ACCESS: it has 2 seconds for each
DISCONNECTIONS_KEPT = timedelta(hours=1)  # far longer than a process needs to learn of one


class Connection(Protocol):
    """A member's connection inside a room."""

    key: str
    room: Room  # as it was when the connection came in
    member: Person
    last_disconnection: int

    @property
    def user(self) -> Any: ...

    @property
    def identity(self) -> str | None: ...

    @property
    def session_key(self) -> str | None: ...

    def end(self, code: int) -> None: ...


class Enforcement:
    """The connections inside each room in this process. Use `current_enforcement()`."""

    def __init__(self) -> None:
        self._inside: dict[str, set[Connection]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = FailureLog("reading the rooms with somebody inside")

    def enter(self, connection: Connection) -> None:
        """Enforce the rules on `connection` until it leaves."""
        inside = self._inside.setdefault(connection.key, set())
        if inside:
            other = next(iter(inside))
            if _row(other.room) == _row(connection.room):
                connection.room = other.room  # connections with an equal row share one in memory
        inside.add(connection)
        if self._task is None or self._task.done():
            self._task = run_in_background(self._run(), "enforcement")

    def leave(self, connection: Connection) -> None:
        inside = self._inside.get(connection.key, set())
        inside.discard(connection)
        if not inside:
            self._inside.pop(connection.key, None)

    def room_changed(self, key: str) -> None:
        """Read the room again soon: once, however many connections ask for it."""
        self._changed.add(key)
        self._wake.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        reconcile_at = loop.time() + RECONCILE_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(reconcile_at):
                    await self._wake.wait()
            if loop.time() >= reconcile_at:  # also while changes come without pause
                self._changed.update(self._inside)
                reconcile_at = loop.time() + RECONCILE_SECONDS
                await self._check_sessions()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            await self._reconcile(changed & self._inside.keys())

    async def _reconcile(self, keys: Collection[str]) -> None:
        """Read these rooms and end the connections that may not stay."""
        if not keys:
            return
        with self._failures:
            async with asyncio.timeout(STORE_TIMEOUT):
                rooms = await load_rooms(keys)
                for key in keys:
                    self._revoke(key, rooms.get(key))
                    await self._disconnect(key, rooms.get(key))
                    await self._check_groups(key, rooms.get(key))
                if settings.ROOMS_ACCESS and (self._asking is None or self._asking.done()):
                    self._asking = run_in_background(self._ask_again(rooms), "rules of entry")

    def _revoke(self, key: str, now: Room | None) -> None:
        if now is not None and now.epoch and (live_room := current_live_rooms().find(now)) is not None:
            live_room.follow(now.sequence)
        for connection in list(self._inside.get(key, ())):
            code = revocation_code(connection.room, now)
            if code is not None:
                connection.end(code)
        if now is None:
            return
        changed = [
            connection for connection in self._inside.get(key, ()) if connection.room.banned != now.banned
        ]
        for connection in changed:
            if is_banned(now, connection.member, connection.identity):
                connection.end(CloseCode.BANNED)
        for connection in changed:  # afterwards, since connections share a row
            connection.room.banned = now.banned

    async def _disconnect(self, key: str, now: Room | None) -> None:
        inside = self._inside.get(key, set())
        seen = min((connection.last_disconnection for connection in inside), default=0)
        if now is None or not inside or now.last_disconnection <= seen:
            return
        for number, member in await disconnected_since(now.pk, seen):
            for connection in list(inside):
                if connection.last_disconnection < number and member in ("", connection.member.id):
                    connection.end(CloseCode.KICKED)
        for connection in inside:
            connection.last_disconnection = max(connection.last_disconnection, now.last_disconnection)

    async def _check_groups(self, key: str, now: Room | None) -> None:
        if now is None or not now.restricted:
            return
        inside = {connection: connection.user.pk for connection in self._inside.get(key, ())}
        members = await in_groups(now, set(inside.values()))
        for connection, user in inside.items():
            if user not in members:
                connection.end(CloseCode.FORBIDDEN)

    async def _check_sessions(self) -> None:
        """End the connections of users whose sessions are over. They may come back, as guests.

        The session of somebody who gave a room's password has another key: they come back as themselves.
        """
        inside = {connection: connection.session_key for each in self._inside.values() for connection in each}
        keys = set(filter(None, inside.values()))
        if not keys:
            return
        with self._failures:
            async with asyncio.timeout(STORE_TIMEOUT):
                over = keys - await living_sessions(keys)
            for connection in [each for each, key in inside.items() if key in over]:
                connection.end(CloseCode.GOING_AWAY)

    async def _ask_again(self, rooms: dict[str, Room]) -> None:
        """Ask ROOMS_ACCESS about each member inside, and end the connections of those that may not stay."""
        members: dict[str, list[Connection]] = {}  # by id, which differs from room to room
        for key in rooms:
            for connection in self._inside.get(key, ()):
                members.setdefault(connection.member.id, []).append(connection)
        turns = asyncio.Semaphore(QUESTIONS_AT_ONCE)

        async def ask(theirs: list[Connection]) -> None:
            async with turns:
                if await ask_rules("may_enter", theirs[0].user, rooms[theirs[0].key]) is False:
                    for connection in theirs:
                        connection.end(CloseCode.FORBIDDEN)

        await asyncio.gather(*map(ask, members.values()))


_row = attrgetter("pk", "name", "title", "password_version", "password", "epoch", "history_size")


current_enforcement = loop_local(Enforcement)


def disconnect(room: Room, members: Collection[str] = ("",)) -> None:
    """Disconnect the members of these ids, or everybody, with 4008 in every process.

    It is not a ban. `room` is a stored one. Blocks. Raises django.db.Error, and then no one is disconnected.
    """
    with short_transaction():
        sequence, _ = MessageSequence.objects.select_for_update().get_or_create(room=room)
        for member in members:
            sequence.disconnections += 1
            Disconnection.objects.create(room=room, number=sequence.disconnections, member=member)
        sequence.save(update_fields=["disconnections"])
        Disconnection.objects.filter(room=room, at__lt=timezone.now() - DISCONNECTIONS_KEPT).delete()
        transaction.on_commit(lambda: announce(room.name))


@database_sync_to_async
def disconnected_since(room: int, number: int) -> list[tuple[int, str]]:
    """Return number and member of each disconnection after `number`. Raises django.db.Error."""
    return list(Disconnection.objects.filter(room=room, number__gt=number).values_list("number", "member"))


@database_sync_to_async
def living_sessions(keys: Collection[str]) -> set[str]:
    """Return those of `keys` whose sessions go on; all, without sessions in the database. Raises django.db.Error."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if not issubclass(store, DatabaseStore):
        return set(keys)
    sessions = store.get_model_class().objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(sessions.values_list("session_key", flat=True))


def announce(name: str) -> None:
    """Make every process read the room of this name again. Blocks, and logs a failure."""
    try:
        async_to_sync(broadcast)(room_group(name), None)
    except LayerUnavailable:
        # Every process reads its rooms by itself every few seconds.
        logger.error("a change of room %s could not be announced", name)
