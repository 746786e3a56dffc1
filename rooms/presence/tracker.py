"""Presence of one room: its members are tracked, and changes are sent to those in this process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rooms import protocol
from rooms.names import room_group
from rooms.presence.backends import PresenceBackend
from rooms.presence.state import HERE, Change, PresenceState
from rooms.protocol import Count, Joined, Left, Person
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.groups.layer import is_shared
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.transport.frames import Frame

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

    `key` is the room's name as it is compared, `row` its primary key, 0 for an unlisted room.
    """

    def __init__(self, key: str, row: int, write: Callable[[Frame], None]) -> None:
        self.key = key
        self.row = row
        self.state = PresenceState()
        self._write = write
        # A layer inside this process connects it to no other.
        self._backend = (
            PresenceBackend(room_group(key), row, self.state, self._apply) if is_shared() else None
        )
        self._version = 0  # of the state
        self._extra: dict[str, int] = {}  # connections of each member here, beyond the first
        self._leaving: dict[str, asyncio.TimerHandle] = {}  # members in their grace period
        self._settled = asyncio.Event()  # no member is in its grace period
        self._counting: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Learn of the members in other processes."""
        local_trackers().add(self)
        if self._backend is not None:
            await self._backend.begin()

    async def close(self) -> None:
        """Stop tracking: no member is left here."""
        local_trackers().discard(self)
        for timer in (self._counting, *self._leaving.values()):
            if timer is not None:
                timer.cancel()
        if self._backend is not None:
            await self._backend.close()

    def handle(self, tags: dict[str, Any]) -> None:
        """Handle a presence event of the group."""
        if self._backend is not None:
            self._backend.handle(tags)

    def look(self) -> Look:
        """Return the present members."""
        count = len(self.state)
        return Look(count, self.state.some(min(count, NAMED_UP_TO)), self._version)

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
        return _told(joined, [person for person in before.people if person.id not in are], now.count)

    def enter(self, person: Person) -> None:
        """Track one more connection of `person`."""
        known = self.state.at(HERE).get(person.id)
        if (timer := self._leaving.pop(person.id, None)) is not None:
            timer.cancel()
            self._note_settled()
        elif known is not None:
            self._extra[person.id] = self._extra.get(person.id, 0) + 1
        if self._backend is not None and person != known:  # a new member, or one under a new name
            self._backend.change(person.id, person)
        self._apply(self.state.enter(HERE, [person]))

    def leave(self, member: str, may_return: bool) -> None:
        """Untrack one connection. After the last one the member leaves in GRACE_SECONDS, or at once if it
        cannot return.
        """
        if member in self._extra:
            self._extra[member] -= 1
            if not self._extra[member]:
                del self._extra[member]
        elif may_return:
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
            return  # members come back when the server does; else the others notice that this process is gone
        self._leaving.pop(member, None)
        self._note_settled()
        if self._backend is not None:
            self._backend.change(member, None)
        self._apply(self.state.leave(HERE, [member]))

    def _note_settled(self) -> None:
        if not self._leaving:
            self._settled.set()

    def _apply(self, change: Change) -> None:
        """Send the change to the members here."""
        if not (change.joined or change.left):
            return
        self._version += 1
        count = len(self.state)
        if count > NAMED_UP_TO:
            self._count_soon()
            return
        for frame in _told(change.joined, change.left, count):
            self._write(frame)

    def _count_soon(self) -> None:
        if self._counting is None:
            self._counting = asyncio.get_running_loop().call_later(COUNT_SECONDS, self._count)

    def _count(self) -> None:
        self._counting = None
        self._write(_frame(Count(len(self.state))))


def _none_yet() -> set[PresenceTracker]:
    return set()


local_trackers = loop_local(_none_yet)  # those that have begun in this process


def _told(joined: list[Person], left: list[Person], count: int) -> list[Frame]:
    """A frame for each change with the count after it; `count` is the one after all of them."""
    frames, count = [], count + len(left) - len(joined)
    for person in joined:
        count += 1
        frames.append(_frame(Joined(person, count)))
    for person in left:
        count -= 1
        frames.append(_frame(Left(person, count)))
    return frames


def _frame(content: Joined | Left | Count) -> Frame:
    return Frame(protocol.encode(content))
