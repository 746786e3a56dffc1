"""Several processes with members in one room, a layer between them that does what a test says, and a clock."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from rooms.presence import backends, tracker
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.transport.frames import Frame

STEP_SECONDS = 0.025  # of the clock; shorter than anything that presence waits for
TURNS = 8  # of the event loop at each step: more than any chain of tasks needs
GRACE = 3.0  # seconds, also where other tests have none
SOON = backends.GATHER_SECONDS * 3  # until a change is known everywhere, questions and answers included
ONE_HEARTBEAT = backends.HEARTBEAT_SECONDS + SOON

Tags = dict[str, Any]


class Clock:
    """The running loop's clock, which stands still unless a test advances it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def advance(self, seconds: float = 0.0) -> None:
        """Let so many seconds pass."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + STEP_SECONDS, end)
            for _ in range(TURNS):
                await asyncio.sleep(0)

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Let time pass until `work` is done."""
        task = asyncio.create_task(work)
        while not task.done():
            await self.advance(STEP_SECONDS)
        await task


class Process:
    """A process with members in the room; `written` are the frames that they get."""

    def __init__(self, room: int) -> None:
        self.written: list[dict[str, Any]] = []
        self.presence = PresenceTracker("group", room, self._write)
        assert self.presence._backend is not None
        self.name = self.presence._backend._name

    @property
    def members(self) -> set[str]:
        """The ids of all members in the room, as far as the process knows."""
        people = self.presence.state.some(10_000)
        assert len(people) == len(self.presence.state)
        return {person.id for person in people}

    def take(self) -> list[tuple[Any, ...]]:
        """Return the frames since this was last called: type, member if any, count."""
        written, self.written[:] = list(self.written), []
        return [
            (frame["type"], *([frame["member"]["id"]] if "member" in frame else []), frame["count"])
            for frame in written
        ]

    def enter(self, *members: str) -> None:
        """Enter one connection of each of these members."""
        for member in members:
            self.presence.enter(Person(member, member.upper(), guest=True))

    def leave(self, *members: str) -> None:
        """Leave one connection of each of these members."""
        for member in members:
            self.presence.leave(member, may_return=True)

    def _write(self, frame: Frame) -> None:
        self.written.append(json.loads(frame.messages[0]["text"]))


class Site:
    """All processes, and the layer that brings each event to all of them, at once and in order.

    While `away` is set the layer cannot be reached. Events that `loses` finds are lost; while `keeping` is set all are
    kept for `release`. Nothing passes to or from the processes in `cut_off`.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock(patch)
        self.processes: list[Process] = []
        self.published: list[Tags] = []
        self.away = False
        self.loses: Callable[[Tags], bool] = lambda tags: False
        self.keeping = False
        self.kept: list[Tags] = []
        self.cut_off: set[str] = set()
        patch.setattr(backends, "broadcast", self._broadcast)
        patch.setattr(tracker, "is_shared", lambda: True)
        patch.setattr(tracker, "GRACE_SECONDS", GRACE)

    async def open(self, *members: str, room: int = 1) -> Process:
        """A new process with these members; what was published and written until now is forgotten."""
        process = Process(room)
        self.processes.append(process)
        await self.clock.finish(process.presence.begin())
        process.enter(*members)
        await self.clock.advance(backends.GATHER_SECONDS * 2)
        for each in self.processes:
            each.take()
        self.published.clear()
        return process

    def deliver(self, tags: Tags) -> None:
        """Bring an event to all processes, also to the one that published it."""
        for process in self.processes:
            if not {process.name, tags["by"]} & self.cut_off:
                process.presence.handle(tags)

    def release(self, kept: list[Tags] | None = None) -> None:
        """Bring the events that were kept, or these instead, and keep none any more."""
        self.keeping, brought, self.kept = False, self.kept if kept is None else kept, []
        for tags in brought:
            self.deliver(tags)

    def changes(self) -> list[Tags]:
        """What was published, without heartbeats."""
        return [tags for tags in self.published if tags["presence"] != backends.HEARTBEAT]

    async def _broadcast(self, group: str, text: None, **tags: Any) -> None:
        if self.away:
            raise LayerUnavailable("no layer")
        self.published.append(tags)
        if self.keeping:
            self.kept.append(tags)
        elif not self.loses(tags):
            self.deliver(tags)
