"""What the processes tell each other about who is in a room, so that each of them knows all who are. Nothing is stored.

Each tells the others, over the room's group, what changed in it, and every few seconds that it is still there and how
often it did so. Who missed a change, or is new, asks, and is told everything. A process that is not heard of any more
takes its members with it, unless we do not hear ourselves either: then it is the layer that is silent.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from rooms.presence.state import HERE, Change, PresenceState
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import is_shared
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background

GATHER_SECONDS = 0.05  # between two times that something is told; what changes meanwhile is told together
QUIET_SECONDS = 0.1  # when nobody has answered for so long, nobody else is there
ANSWER_SECONDS = 0.25  # how long the first member here waits in any case for who is elsewhere
BEAT_SECONDS = 7.0
SILENT_BEATS = 3  # of ours that we heard since a process was last heard of: it is gone
EVERYBODY = ""  # a question for each of the others

# What is told.
QUESTION, EVERYTHING, CHANGE, BEAT = "question", "everything", "change", "beat"


class PresenceBackend:
    """Keeps `state` in agreement with the other processes, and calls `on_change` with what they changed.

    `room` is the row's key, 0 for an unlisted room: those of one name do not see each other.
    """

    def __init__(
        self, group: str, room: int, state: PresenceState, on_change: Callable[[Change], None]
    ) -> None:
        self._group = group
        self._room = room
        self._state = state
        self._on_change = on_change
        # Not the process's: another live_room of this room in it, before this one or beside it, counts by itself.
        self._name = secrets.token_hex(6)
        self._number = 0  # of the last change that was told
        self._changes: dict[str, Person | None] = {}  # not told yet; None for who went
        self._asked = False  # whether somebody wants to know everything
        self._asking: set[str] = set()  # whom we want to know everything of
        self._known: dict[str, int | None] = {}  # of each other: the number of its last change, unbroken
        self._silent: dict[str, int] = {}  # of each other: how often we heard ourselves since we heard it
        self._answered = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None  # between the beginning and the end

    async def begin(self) -> None:
        """Asks the others who is there, and gives them a moment to answer."""
        if not is_shared():
            return
        self._beating = run_in_background(self._beat(), "rooms presence beat")
        await self._ask({EVERYBODY})
        loop = asyncio.get_running_loop()
        end = loop.time() + ANSWER_SECONDS
        with contextlib.suppress(TimeoutError):
            while (now := loop.time()) < end:
                self._answered.clear()
                async with asyncio.timeout_at(min(now + QUIET_SECONDS, end)):
                    await self._answered.wait()

    async def close(self) -> None:
        """Nobody is left here, and the others are told so, if anything at all."""
        if self._beating is None:
            return
        for work in (self._telling, self._beating):
            if work is not None:
                work.cancel()
        self._beating = None
        await self._tell(EVERYTHING, came=[])

    def change(self, member: str, person: Person | None) -> None:
        """The member of this id is in this process now, as `person`, or (None) is not any more."""
        if self._beating is not None:
            self._changes[member] = person
            self._tell_soon()

    # --- to the others ---

    def _tell_soon(self) -> None:
        if self._beating is not None and (self._telling is None or self._telling.done()):
            self._telling = run_in_background(self._tell_what_is_due(), "rooms presence")

    async def _tell_what_is_due(self) -> None:
        while self._asked or self._asking or self._changes:
            asked, self._asked = self._asked, False
            asking, self._asking = self._asking, set()
            changes, self._changes = self._changes, {}
            self._number += bool(changes)
            if asked:
                await self._tell(EVERYTHING, came=_packed(self._state.at(HERE).values()))
            elif changes:
                came = _packed(person for person in changes.values() if person is not None)
                went = [member for member, person in changes.items() if person is None]
                await self._tell(CHANGE, came=came, went=went)
            if asking:
                await self._ask(asking)
            await asyncio.sleep(GATHER_SECONDS)

    async def _ask(self, others: set[str]) -> None:
        await self._tell(QUESTION, to=others.pop() if len(others) == 1 else EVERYBODY)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._tell(BEAT)

    async def _tell(self, what: str, **more: Any) -> None:
        tags = {"presence": what, "by": self._name, "room": self._room, "number": self._number, **more}
        with contextlib.suppress(
            LayerUnavailable
        ):  # the next beat tells the others that they missed something
            await broadcast(self._group, None, **tags)

    # --- from the others ---

    def handle(self, tags: dict[str, Any]) -> None:
        """What another one tells, or this one itself."""
        by, number, what = tags["by"], tags["number"], tags["presence"]
        if tags["room"] != self._room:
            return
        if by == self._name:
            if what == BEAT:
                self._forget_silent()
            return
        self._silent[by] = 0
        known = self._known.get(by)
        if what == EVERYTHING:
            self._known[by] = number
            self._on_change(self._state.replace(by, _unpacked(tags["came"])))
            self._answered.set()
        elif what == CHANGE and number - 1 == known:
            self._known[by] = number
            self._on_change(self._state.enter(by, _unpacked(tags["came"])))
            self._on_change(self._state.leave(by, tags["went"]))
        elif known != number:
            self._asking.add(by)
            self._tell_soon()
        if what == QUESTION and tags["to"] in (EVERYBODY, self._name):
            self._asked = True
            self._tell_soon()

    def _forget_silent(self) -> None:
        for other, beats in list(self._silent.items()):
            self._silent[other] = beats + 1
            if beats + 1 == SILENT_BEATS:
                del self._silent[other]
                self._known.pop(other, None)
                self._on_change(self._state.replace(other, []))


def _packed(people: Iterable[Person]) -> list[list[Any]]:
    return [[person.id, person.name, person.guest] for person in people]


def _unpacked(packed: list[list[Any]]) -> list[Person]:
    return [Person(member, name, guest=guest) for member, name, guest in packed]
