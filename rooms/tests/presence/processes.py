"""Several processes with members in one room, a layer between them that does what a test says, and a clock."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from rooms.presence import backends as exchange
from rooms.presence import tracker as presence
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.transport.frames import Frame

STEP_SECONDS = 0.025  # of the clock; shorter than anything that presence waits for
TURNS = 8  # of the event loop at each step: more than any chain of tasks needs

Tags = dict[str, Any]


class Clock:
    """The running loop's clock, which stands still unless a test lets time pass."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def advance(self, seconds: float = 0.0) -> None:
        """Lets so many seconds pass; whatever is due happens in its turn."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + STEP_SECONDS, end)
            for _ in range(TURNS):
                await asyncio.sleep(0)

    async def finish(self, work: Coroutine[Any, Any, None]) -> float:
        """Lets time pass until `work` is done, and returns how many seconds that took."""
        start = self.now
        task = asyncio.create_task(work)
        await self.advance()
        while not task.done():
            await self.advance(STEP_SECONDS)
        await task
        return self.now - start


class Process:
    """A process with members in the room; `shown` is what it shows them."""

    def __init__(self, room: int) -> None:
        self.shown: list[dict[str, Any]] = []
        self.presence = PresenceTracker("group", room, self._show)
        self.name = self.presence._backend._name

    @property
    def members(self) -> set[str]:
        """The ids of all who are in the room, as far as it knows."""
        people = self.presence.state.some(10_000)
        assert len(people) == len(self.presence.state)
        return {person.id for person in people}

    def take_shown(self) -> list[tuple[Any, ...]]:
        """What was shown since this was last asked: type, member if any, count."""
        shown, self.shown[:] = list(self.shown), []
        return [
            (frame["type"], *([frame["member"]["id"]] if "member" in frame else []), frame["count"])
            for frame in shown
        ]

    def enter(self, *members: str) -> None:
        """One connection of each of these members comes in."""
        for member in members:
            self.presence.enter(Person(member, member.upper(), guest=True))

    def leave(self, *members: str, may_return: bool = True) -> None:
        """One connection of each of these members goes."""
        for member in members:
            self.presence.leave(member, may_return)

    def _show(self, frame: Frame) -> None:
        self.shown.append(json.loads(frame.messages[0]["text"]))


class House:
    """All processes, and the layer that brings to each of them what any of them tells, at once and in order.

    While `away` is set the layer cannot be reached. What `loses` finds is lost; while `keeping` is set everything is
    kept for `release`. Nothing passes to or from the processes in `cut_off`.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.clock = Clock(patch)
        self.processes: list[Process] = []
        self.told: list[Tags] = []
        self.away = False
        self.loses: Callable[[Tags], bool] = lambda tags: False
        self.keeping = False
        self.kept: list[Tags] = []
        self.cut_off: set[str] = set()
        patch.setattr(exchange, "broadcast", self._broadcast)
        patch.setattr(exchange, "is_shared", lambda: True)
        patch.setattr(presence, "GRACE_SECONDS", 3.0)

    async def open(self, *members: str, room: int = 1) -> Process:
        """A process in which these members are the first to come in; what it was told and showed is forgotten."""
        process = Process(room)
        self.processes.append(process)
        await self.clock.finish(process.presence.begin())
        process.enter(*members)
        await self.clock.advance(exchange.GATHER_SECONDS * 2)
        for each in self.processes:
            each.take_shown()
        self.told.clear()
        return process

    def kill(self, process: Process) -> None:
        """Nothing is heard of it any more, and it hears nothing: it may as well be frozen."""
        self.cut_off.add(process.name)

    def deliver(self, tags: Tags) -> None:
        """Brings it to all processes, also to the one that told it."""
        for process in self.processes:
            if not {process.name, tags["by"]} & self.cut_off:
                process.presence.handle(tags)

    def release(self, kept: list[Tags] | None = None) -> None:
        """Brings what was kept, or this instead of it, and keeps nothing any more."""
        self.keeping, brought, self.kept = False, self.kept if kept is None else kept, []
        for tags in brought:
            self.deliver(tags)

    def take_told(self) -> list[tuple[str, str]]:
        """What was told since this was last asked, but for beats: by whom, and what."""
        told, self.told[:] = list(self.told), []
        return [(tags["by"], tags["presence"]) for tags in told if tags["presence"] != exchange.HEARTBEAT]

    async def _broadcast(self, group: str, text: None, **tags: Any) -> None:
        if self.away:
            raise LayerUnavailable("no layer")
        self.told.append(tags)
        if self.keeping:
            self.kept.append(tags)
        elif not self.loses(tags):
            self.deliver(tags)
