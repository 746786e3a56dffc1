"""Where presence is shared: over the room's group each process tells the others of its members. Nothing is stored.

A process publishes its numbered changes, and every few seconds a heartbeat with the last number. A process that missed
a change, or is new, asks for everything. A process that sends nothing more is removed with its members, unless our own
heartbeats do not come back either: then it is the layer that fails.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from rooms.presence.state import HERE, Change, PresenceState
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background

GATHER_SECONDS = 0.05  # changes within this are published together
QUIET_SECONDS = 0.1  # after the last answer, until no further one is expected
SYNC_TIMEOUT = 0.25  # seconds that the first member here waits at most for the other processes
HEARTBEAT_SECONDS = 7.0
MISSED_HEARTBEATS = 3  # of ours received since a process last sent anything: it is gone
EVERYBODY = ""  # addressee of a question to all

# Kinds of events.
QUESTION, EVERYTHING, CHANGE, HEARTBEAT = "question", "everything", "change", "heartbeat"


class PresenceBackend:
    """Keeps `state` in sync with the other processes, and calls `on_change` with their changes.

    `room` is the primary key, 0 for an unlisted room: rooms of one name do not see each other.
    """

    def __init__(
        self, group: str, room: int, state: PresenceState, on_change: Callable[[Change], None]
    ) -> None:
        self._group = group
        self._room = room
        self._state = state
        self._on_change = on_change
        # Not the name of the process: a second live room of this name in it counts by itself.
        self._name = secrets.token_hex(6)
        self._number = 0  # of the last change that was published
        self._changes: dict[str, Person | None] = {}  # not published yet; None for a member that left
        self._asked = False  # another process wants everything
        self._asking: set[str] = set()  # the processes that we want everything of
        self._known: dict[
            str, int | None
        ] = {}  # by process: the number of its last change, if none is missing
        self._missed: dict[str, int] = {}  # by process: our heartbeats since it last sent anything
        self._answered = asyncio.Event()
        self._publishing: asyncio.Task[None] | None = None
        self._heartbeats: asyncio.Task[None] | None = None  # while it is running

    async def begin(self) -> None:
        """Ask the other processes for their members, and wait a moment for the answers."""
        self._heartbeats = run_in_background(self._send_heartbeats(), "rooms presence heartbeat")
        await self._ask({EVERYBODY})
        loop = asyncio.get_running_loop()
        end = loop.time() + SYNC_TIMEOUT
        with contextlib.suppress(TimeoutError):
            while (now := loop.time()) < end:
                self._answered.clear()
                async with asyncio.timeout_at(min(now + QUIET_SECONDS, end)):
                    await self._answered.wait()

    async def close(self) -> None:
        """Tell the other processes that no member is left here."""
        if self._heartbeats is None:
            return
        for work in (self._publishing, self._heartbeats):
            if work is not None:
                work.cancel()
        self._heartbeats = None
        await self._publish(EVERYTHING, came=[])

    def change(self, member: str, person: Person | None) -> None:
        """Publish that a member is in this process now, as `person`, or (None) has left it."""
        if self._heartbeats is not None:
            self._changes[member] = person
            self._publish_soon()

    # --- to the others ---

    def _publish_soon(self) -> None:
        if self._heartbeats is not None and (self._publishing is None or self._publishing.done()):
            self._publishing = run_in_background(self._publish_pending(), "rooms presence")

    async def _publish_pending(self) -> None:
        while self._asked or self._asking or self._changes:
            asked, self._asked = self._asked, False
            asking, self._asking = self._asking, set()
            changes, self._changes = self._changes, {}
            self._number += bool(changes)
            if asked:
                await self._publish(EVERYTHING, came=_packed(self._state.at(HERE).values()))
            elif changes:
                came = _packed(person for person in changes.values() if person is not None)
                went = [member for member, person in changes.items() if person is None]
                await self._publish(CHANGE, came=came, went=went)
            if asking:
                await self._ask(asking)
            await asyncio.sleep(GATHER_SECONDS)

    async def _ask(self, others: set[str]) -> None:
        await self._publish(QUESTION, to=others.pop() if len(others) == 1 else EVERYBODY)

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._publish(HEARTBEAT)

    async def _publish(self, what: str, **more: Any) -> None:
        tags = {"presence": what, "by": self._name, "room": self._room, "number": self._number, **more}
        with contextlib.suppress(
            LayerUnavailable
        ):  # the next heartbeat tells the others that they missed something
            await broadcast(self._group, None, **tags)

    # --- from the others ---

    def handle(self, tags: dict[str, Any]) -> None:
        """Handle an event of another process, or of this one."""
        by, number, what = tags["by"], tags["number"], tags["presence"]
        if tags["room"] != self._room:
            return
        if by == self._name:
            if what == HEARTBEAT:
                self._forget_gone()
            return
        self._missed[by] = 0
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
            self._publish_soon()
        if what == QUESTION and tags["to"] in (EVERYBODY, self._name):
            self._asked = True
            self._publish_soon()

    def _forget_gone(self) -> None:
        for other, count in list(self._missed.items()):
            self._missed[other] = count + 1
            if count + 1 == MISSED_HEARTBEATS:
                del self._missed[other]
                self._known.pop(other, None)
                self._on_change(self._state.replace(other, []))


def _packed(people: Iterable[Person]) -> list[list[Any]]:
    return [[person.id, person.name, person.guest] for person in people]


def _unpacked(packed: list[list[Any]]) -> list[Person]:
    return [Person(member, name, guest=guest) for member, name, guest in packed]
