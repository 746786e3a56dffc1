"""Who is in a room, told to everybody in it, in every process.

Each process knows who is in the room here and tells the others over the room's group: what changed, and every few
seconds that it is still there and how often it said so. Who misses a change, or is new, asks, and is told everything; a
process that is not heard of any more takes its members with it. Nothing is stored.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rooms import protocol
from rooms.attendance import HERE, Attendance, Change
from rooms.protocol import Count, Joined, Left, Person
from rtproject.websocket.drain import background
from rtproject.websocket.errors import Unavailable
from rtproject.websocket.fanout import broadcast
from rtproject.websocket.frames import Frame
from rtproject.websocket.layer import is_shared
from rtproject.websocket.loops import per_loop

GRACE_SECONDS = 3.0  # somebody who comes back within this was never away
GATHER_SECONDS = 0.05  # changes of so long are told to the other processes together
ANSWER_SECONDS = 0.25  # how long the first member here waits for who is elsewhere
BEAT_SECONDS = 8.0
SILENT_SECONDS = 25.0  # a process that was not heard of for so long is gone
NAMED_UP_TO = 200  # members; in a fuller room they are only counted
COUNT_SECONDS = 1.0  # between two counts

QUESTION, EVERYTHING, CHANGE, BEAT = (
    "question",
    "everything",
    "change",
    "beat",
)  # what processes tell each other

own_id = per_loop(lambda: secrets.token_hex(6))  # this process to the others


@dataclass(frozen=True, slots=True)
class Look:
    """How many members there are, and who, unless there are too many."""

    count: int
    people: list[Person]


class Presence:
    """Who is in the room of one feed. `show(frame)` shows a frame to its members here."""

    def __init__(self, group: str, room: int, show: Callable[[Frame], None]) -> None:
        self.attendance = Attendance()
        self._group = group
        self._room = room  # the row's key, 0 for an unlisted room: those do not see each other
        self._show = show
        self._more: dict[str, int] = {}  # connections of each member here, beyond the first
        self._going: dict[str, asyncio.TimerHandle] = {}
        self._settled = asyncio.Event()  # that none of these is left
        self._changes: dict[str, Person | None] = {}  # not told yet; None for who went
        self._number = 0  # of the last change that was told
        self._known: dict[
            str, int | None
        ] = {}  # of each other process: the number of what it told us last, unbroken
        self._heard_at: dict[str, float] = {}
        self._answered = asyncio.Event()
        self._due: set[str] = set()  # what is to be told soon
        self._telling: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._counting: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Asks the other processes who is there, and gives them a moment to answer."""
        if is_shared():
            self._beating = background(self._beat(), "rooms presence beat")
            await self._tell(QUESTION)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._answered.wait()

    async def close(self) -> None:
        """Nobody is left here, and nobody is told anything any more."""
        for work in (self._telling, self._beating, self._counting):
            if work is not None:
                work.cancel()
        if is_shared():
            await self._tell(EVERYTHING, came=[])

    def look(self) -> Look:
        """Who is in the room now."""
        count = len(self.attendance)
        return Look(count, self.attendance.some(min(count, NAMED_UP_TO)))

    def since(self, before: Look) -> list[Frame]:
        """What tells somebody who had that look `before` who is in the room now."""
        now = self.look()
        if now.count > NAMED_UP_TO or before.count > NAMED_UP_TO:
            return [] if now.count == before.count else [_frame(Count(now.count))]
        were, are = ({person.id for person in look.people} for look in (before, now))
        joined = [_frame(Joined(person, now.count)) for person in now.people if person.id not in were]
        return joined + [_frame(Left(person, now.count)) for person in before.people if person.id not in are]

    def enter(self, person: Person) -> None:
        """One more connection of `person` is in the room."""
        if (going := self._going.pop(person.id, None)) is not None:
            going.cancel()
            if not self._going:
                self._settled.set()
        elif person.id in self.attendance.at(HERE):
            self._more[person.id] = self._more.get(person.id, 0) + 1
        else:
            self._changed(person.id, person)
        self._apply(self.attendance.enter(HERE, [person]))

    def leave(self, member: str) -> None:
        """One connection less; when it was the last one the member is gone after GRACE_SECONDS."""
        if member in self._more:
            self._more[member] -= 1
            if not self._more[member]:
                del self._more[member]
        else:
            loop = asyncio.get_running_loop()
            self._going[member] = loop.call_later(GRACE_SECONDS, self._gone, member)

    def expects_somebody(self) -> bool:
        """Whether somebody may still come back."""
        return bool(self._going)

    async def until_nobody_is_expected(self) -> None:
        """Returns when all who went are gone, or back."""
        self._settled.clear()
        if self._going:
            await self._settled.wait()

    def _gone(self, member: str) -> None:
        del self._going[member]
        if not self._going:
            self._settled.set()
        self._apply(self.attendance.leave(HERE, [member]))
        self._changed(member, None)

    def _changed(self, member: str, person: Person | None) -> None:
        self._changes[member] = person
        self._tell_soon(CHANGE)

    # --- to the members here ---

    def _apply(self, change: Change) -> None:
        count = len(self.attendance)
        if not (change.joined or change.left):
            return
        if count > NAMED_UP_TO:
            if self._counting is None:
                self._counting = asyncio.get_running_loop().call_later(COUNT_SECONDS, self._count)
            return
        for person in change.joined:
            self._show(_frame(Joined(person, count)))
        for person in change.left:
            self._show(_frame(Left(person, count)))

    def _count(self) -> None:
        self._counting = None
        self._show(_frame(Count(len(self.attendance))))

    # --- to the other processes ---

    def _tell_soon(self, what: str) -> None:
        self._due.add(what)
        if is_shared() and (self._telling is None or self._telling.done()):
            self._telling = background(self._tell_what_is_due(), "rooms presence")

    async def _tell_what_is_due(self) -> None:
        while self._due:
            await asyncio.sleep(GATHER_SECONDS)
            due, self._due = self._due, set()
            changes, self._changes = self._changes, {}
            self._number += bool(changes)
            if EVERYTHING in due:
                await self._tell(EVERYTHING, came=[*map(_packed, self.attendance.at(HERE).values())])
            elif changes:
                came = [_packed(person) for person in changes.values() if person is not None]
                went = [member for member, person in changes.items() if person is None]
                await self._tell(CHANGE, came=came, went=went)
            if QUESTION in due:
                await self._tell(QUESTION)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._forget_silent()
            await self._tell(BEAT)

    async def _tell(self, what: str, **more: Any) -> None:
        tags = {"presence": what, "by": own_id(), "room": self._room, "number": self._number, **more}
        with contextlib.suppress(Unavailable):  # the next beat tells the others that they missed something
            await broadcast(self._group, None, **tags)

    # --- from the other processes ---

    def hear(self, tags: dict[str, Any]) -> None:
        """What another process tells, or this one itself."""
        by, number, what = tags["by"], tags["number"], tags["presence"]
        if by == own_id() or tags["room"] != self._room:
            return
        known = self._known.get(by)
        if what == EVERYTHING:
            self._apply(self.attendance.replace(by, map(_unpacked, tags["came"])))
            known = number
            self._answered.set()
        elif what == CHANGE and number - 1 == known:
            self._apply(self.attendance.enter(by, map(_unpacked, tags["came"])))
            self._apply(self.attendance.leave(by, tags["went"]))
            known = number
        elif known != number:
            self._tell_soon(QUESTION)
        if what == QUESTION:
            self._tell_soon(EVERYTHING)
        self._known[by] = known
        self._heard_at[by] = asyncio.get_running_loop().time()

    def _forget_silent(self) -> None:
        before = asyncio.get_running_loop().time() - SILENT_SECONDS
        for process in [by for by, heard_at in self._heard_at.items() if heard_at < before]:
            del self._heard_at[process], self._known[process]
            self._apply(self.attendance.replace(process, []))


def _frame(content: Joined | Left | Count) -> Frame:
    return Frame(protocol.encode(content))


def _packed(person: Person) -> list[Any]:
    return [person.id, person.name, person.guest]


def _unpacked(packed: list[Any]) -> Person:
    return Person(packed[0], packed[1], guest=packed[2])
