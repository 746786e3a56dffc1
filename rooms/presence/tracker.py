"""Presence of one room: tracks its members, and sends changes to those in this process."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings

from rooms import protocol
from rooms.presence import store
from rooms.presence.shared import SharedPresence
from rooms.presence.state import Change, LocalPresence, Place
from rooms.protocol import Count, Joined, Left, Person
from rooms.signals import emit, member_joined, member_left
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.loop_local import loop_local

GRACE_SECONDS = 3.0  # a member that comes back within this was never away
NAMED_UP_TO = 200  # members; a fuller room sends counts instead of names
COUNT_SECONDS = 1.0  # between two counts


@dataclass(frozen=True, slots=True)
class Look:
    """The number of members, and the members, up to NAMED_UP_TO of them."""

    count: int
    people: list[Person]
    version: int


class PresenceTracker:
    """The members of one room. `write(frame)` sends a frame to those in this process.

    `key` is the room's name as it is compared, `row` its primary key, 0 for an unlisted room; `name` is for signals.
    """

    def __init__(self, key: str, row: int, write: Callable[[Frame], None], name: str = "") -> None:
        self.key, self.row = key, row
        self._name = name or key
        self._write = write
        kind = SharedPresence if settings.REDIS_URLS else LocalPresence
        self._presence = kind(key, row, self._tell)
        self.state = self._presence.state
        self._version = 0  # of what was told
        self._connections: dict[str, int] = {}  # of each member here, also those that are still connecting
        self._leaving: dict[str, asyncio.TimerHandle] = {}  # members in their grace period
        self._settled = asyncio.Event()  # no member is in its grace period
        self._counting: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        local_trackers().add(self)
        await self._presence.begin()

    async def close(self) -> None:
        """Stop tracking: no member is left here."""
        local_trackers().discard(self)
        await self._presence.close()
        for timer in (self._counting, *self._leaving.values()):
            if timer is not None:
                timer.cancel()

    def handle(self, tags: dict[str, Any]) -> None:
        self._presence.handle(tags)

    def look(self) -> Look:
        count = len(self.state.members)
        return Look(count, list(islice(self.state.members.values(), NAMED_UP_TO)), self._version)

    def since(self, before: Look) -> list[Frame]:
        """Return frames that bring a client from the look `before` up to date; a count follows later, as for all."""
        if before.version == self._version:
            return []
        now = self.look()
        if max(now.count, before.count) > NAMED_UP_TO:
            if now.count != before.count:
                self._count_soon()
            return []
        were, are = ({person.id for person in look.people} for look in (before, now))
        joined = [person for person in now.people if person.id not in were]
        left = [person for person in before.people if person.id not in are]
        return list(self._told(Change(joined, left)))

    async def enter(self, person: Person, address: str | None = None, limit: int | None = None) -> bool:
        """Track one more connection of `person`; False if it is a new member and the room is full for it.

        Raises LayerUnavailable if there is a limit and the members of other processes are unknown.
        """
        if (timer := self._leaving.pop(person.id, None)) is not None:
            timer.cancel()
            self._note_settled()
        self._connections[person.id] = self._connections.get(person.id, 0) + 1
        entered = False
        try:
            entered = self._presence.knows(person) or await self._presence.enter(
                Place(person, address), limit
            )
        finally:
            if not entered:
                self.leave(person.id, may_return=False)
        return entered

    def leave(self, member: str, may_return: bool) -> None:
        """Untrack one connection.

        After the last one the member leaves in GRACE_SECONDS, or at once if it cannot return.
        """
        self._connections[member] -= 1
        if self._connections[member]:
            return
        del self._connections[member]
        if may_return:
            loop = asyncio.get_running_loop()
            self._leaving[member] = loop.call_later(GRACE_SECONDS, self._gone, member)
        else:
            self._gone(member)

    def expects_somebody(self) -> bool:
        """Whether a member is in its grace period."""
        return bool(self._leaving)

    async def until_no_one_is_expected(self) -> None:
        """Return when no member is in its grace period."""
        while self._leaving:
            self._settled.clear()
            await self._settled.wait()

    def _gone(self, member: str) -> None:
        if running_tasks().begun:
            return  # members come back when the server does; else their places are free when the lease is over
        self._leaving.pop(member, None)
        self._note_settled()
        self._presence.leave(member)

    def _note_settled(self) -> None:
        if not self._leaving:
            self._settled.set()

    def _tell(self, change: Change) -> None:
        if not (change.joined or change.left):
            return
        self._version += 1
        for signal, people in ((member_left, change.left), (member_joined, change.joined)):
            for person in people if change.here else ():
                emit(signal, room=self._name, member=person)
        if len(self.state.members) > NAMED_UP_TO:
            self._count_soon()
            return
        for frame in self._told(change):
            self._write(frame)

    def _told(self, change: Change) -> Iterator[Frame]:
        """Yield a frame for each member to be named, with the count after it; the state is the one after all.

        First those that left: no count exceeds the limit of a room.
        """
        count = len(self.state.members) - len(change.joined) + len(change.left)
        for kind, step, people in ((Left, -1, change.left), (Joined, 1, change.joined)):
            for person in people:
                count += step
                if person.id in change.quiet:
                    self._count_soon()
                else:
                    yield _frame(kind(person, count))

    def _count_soon(self) -> None:
        if self._counting is None:
            self._counting = asyncio.get_running_loop().call_later(COUNT_SECONDS, self._count)

    def _count(self) -> None:
        self._counting = None
        self._write(_frame(Count(len(self.state.members))))


# Those that have begun in this process.
local_trackers: Callable[[], set[PresenceTracker]] = loop_local(set)


async def count_by_row() -> Counter[int]:
    """Return the number of members by their room's row, those of all unlisted rooms at 0. Raises LayerUnavailable."""
    found = Counter[int]()
    if settings.REDIS_URLS:
        for room, count in (await store.counts()).items():
            found[int(room) if room.isdigit() else 0] += count
    else:
        for tracker in local_trackers():
            found[tracker.row] += len(tracker.state.members)
    return found


async def members_of(row: int, key: str = "") -> list[Person]:
    """Return the members of a room: by its row, or if that is 0 by its key. Raises LayerUnavailable."""
    if settings.REDIS_URLS:
        return await store.members(store.room_id(key, row))
    here = (each.state.members for each in local_trackers() if (each.row or each.key) == (row or key))
    return list({person.id: person for people in here for person in people.values()}.values())


def _frame(content: Joined | Left | Count) -> Frame:
    return Frame(protocol.encode(content))
