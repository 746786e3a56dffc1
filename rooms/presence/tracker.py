"""Who is in a room, told to its members in this process; `exchange` knows who is in the others."""

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
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.transport.frames import Frame

GRACE_SECONDS = 3.0  # somebody who comes back within this was never away
NAMED_UP_TO = 200  # members; in a fuller room they are only counted
COUNT_SECONDS = 1.0  # between two counts


@dataclass(frozen=True, slots=True)
class Look:
    """How many members there are, and who, unless there are too many."""

    count: int
    people: list[Person]


class PresenceTracker:
    """Who is in the room of one live_room. `show(frame)` shows a frame to its members here.

    `key` is the room's name as it is compared, `row` its row's key, 0 for an unlisted room.
    """

    def __init__(self, key: str, row: int, show: Callable[[Frame], None]) -> None:
        self.key = key
        self.row = row
        self.state = PresenceState()
        self._backend = PresenceBackend(room_group(key), row, self.state, self._apply)
        self._show = show
        self._more: dict[str, int] = {}  # connections of each member here, beyond the first
        self._going: dict[str, asyncio.TimerHandle] = {}
        self._settled = asyncio.Event()  # that none of these is left
        self._counting: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Asks the other processes who is there, and gives them a moment to answer."""
        local_trackers().add(self)
        await self._backend.begin()

    async def close(self) -> None:
        """Nobody is left here, and nobody is told anything any more."""
        local_trackers().discard(self)
        for timer in (self._counting, *self._going.values()):
            if timer is not None:
                timer.cancel()
        await self._backend.close()

    def handle(self, tags: dict[str, Any]) -> None:
        """What a process tells the others."""
        self._backend.handle(tags)

    def look(self) -> Look:
        """Who is in the room now."""
        count = len(self.state)
        return Look(count, self.state.some(min(count, NAMED_UP_TO)))

    def since(self, before: Look) -> list[Frame]:
        """What tells somebody who had that look `before` who is in the room now; a count comes later, as to all."""
        now = self.look()
        if max(now.count, before.count) > NAMED_UP_TO:
            if now.count != before.count:
                self._count_soon()
            return []
        were, are = ({person.id for person in look.people} for look in (before, now))
        joined = [person for person in now.people if person.id not in were]
        return _told(joined, [person for person in before.people if person.id not in are], now.count)

    def enter(self, person: Person) -> None:
        """One more connection of `person` is in the room."""
        known = self.state.at(HERE).get(person.id)
        if (going := self._going.pop(person.id, None)) is not None:
            going.cancel()
            self._note_settled()
        elif known is not None:
            self._more[person.id] = self._more.get(person.id, 0) + 1
        if person != known:  # somebody new, or by another name
            self._backend.change(person.id, person)
        self._apply(self.state.enter(HERE, [person]))

    def leave(self, member: str, may_return: bool) -> None:
        """One connection less; when it was the last one the member is gone after GRACE_SECONDS, or, if nobody can come
        back by this id, at once.
        """
        if member in self._more:
            self._more[member] -= 1
            if not self._more[member]:
                del self._more[member]
        elif may_return:
            loop = asyncio.get_running_loop()
            self._going[member] = loop.call_later(GRACE_SECONDS, self._gone, member)
        else:
            self._gone(member)

    def expects_somebody(self) -> bool:
        """Whether somebody may still come back."""
        return bool(self._going)

    async def until_nobody_is_expected(self) -> None:
        """Returns when all who went are gone, or back."""
        while self._going:
            self._settled.clear()
            await self._settled.wait()

    def _gone(self, member: str) -> None:
        if running_tasks().begun:
            return  # they come back when the server does; if it does not, the others will miss it, and them
        self._going.pop(member, None)
        self._note_settled()
        self._backend.change(member, None)
        self._apply(self.state.leave(HERE, [member]))

    def _note_settled(self) -> None:
        if not self._going:
            self._settled.set()

    def _apply(self, change: Change) -> None:
        """Shows the members here what has changed."""
        count = len(self.state)
        if count > NAMED_UP_TO:
            if change.joined or change.left:
                self._count_soon()
            return
        for frame in _told(change.joined, change.left, count):
            self._show(frame)

    def _count_soon(self) -> None:
        if self._counting is None:
            self._counting = asyncio.get_running_loop().call_later(COUNT_SECONDS, self._count)

    def _count(self) -> None:
        self._counting = None
        self._show(_frame(Count(len(self.state))))


def _none_yet() -> set[PresenceTracker]:
    return set()


local_trackers = loop_local(_none_yet)  # those that have begun in this process


def _told(joined: list[Person], left: list[Person], count: int) -> list[Frame]:
    """A frame for each, with how many there are after it; `count` is how many there are after all of them."""
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
