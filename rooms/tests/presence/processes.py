"""Processes with members in one room: alone on a clock that stands still, or several with a real Valkey."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from rooms.presence import shared
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import Person
from rooms.tests.support import until
from rtproject.websocket.transport.frames import Frame

STEP_SECONDS = 0.025  # of the clock; shorter than anything that presence waits for
TURNS = 8  # of the event loop at each step: more than any chain of tasks needs

Told = tuple[Any, ...]  # type of a frame, member if any, count
Tags = dict[str, Any]


class Clock:
    """The running loop's clock, which stands still unless a test advances it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + STEP_SECONDS, end)
            for _ in range(TURNS):
                await asyncio.sleep(0)


class Process:
    """A process with members in the room; `written` are the frames that they get."""

    def __init__(self, key: str = "room", row: int = 1) -> None:
        self.written: list[dict[str, Any]] = []
        self.key = key, row
        self.presence = PresenceTracker(key, row, self._write)

    @property
    def members(self) -> set[str]:
        """The ids of all members in the room, as far as the process knows."""
        return set(self.presence.state.members)

    def take(self) -> list[Told]:
        """Return the frames since this was last called."""
        written, self.written[:] = list(self.written), []
        return [
            (frame["type"], *([frame["member"]["id"]] if "member" in frame else []), frame["count"])
            for frame in written
        ]

    async def told(self, count: int = 1) -> list[Told]:
        """Return the next frames, when there are as many."""
        await until(lambda: len(self.written) >= count)
        return self.take()

    async def enter(
        self, *members: str, limit: int | None = None, address: str | None = None, name: str = ""
    ) -> list[bool]:
        """Enter one connection of each of these members, all together; return who is in."""
        people = [Person(member, name or member.upper(), guest=True) for member in members]
        return await asyncio.gather(
            *(self.presence.enter(person, address=address, limit=limit) for person in people)
        )

    def leave(self, *members: str, may_return: bool = True) -> None:
        """Leave one connection of each of these members."""
        for member in members:
            self.presence.leave(member, may_return)

    def leave_all(self) -> None:
        """Leave all connections."""
        for member, count in list(self.presence._connections.items()):
            self.leave(*[member] * count, may_return=False)

    def _write(self, frame: Frame) -> None:
        self.written.append(json.loads(frame.messages[0]["text"]))


class Site:
    """Processes that a Valkey connects, and a layer that brings each event to all of them at once.

    Events that `loses` finds are lost; while `keeping` is set they are kept for `release`.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.processes: list[Process] = []
        self.loses: Callable[[Tags], bool] = lambda tags: False
        self.keeping = False
        self._kept: list[Tags] = []
        patch.setattr(shared, "broadcast", self._broadcast)

    async def open(self, *members: str, key: str = "room", row: int = 1) -> Process:
        """A new process with these members; what was told until now is forgotten."""
        process = Process(key, row)
        self.processes.append(process)
        await process.presence.begin()
        await process.enter(*members)
        await until(
            lambda: all(set(members) <= each.members for each in self.processes if each.key == (key, row))
        )
        for each in self.processes:
            each.take()
        return process

    def kill(self, process: Process) -> None:
        """End a process as `kill -9` does."""
        self.processes.remove(process)
        worker = process.presence._presence._worker  # type: ignore[attr-defined]
        worker.cancel()

    def release(self) -> None:
        """Bring the events that were kept, the last one first, and keep none any more."""
        self.keeping, kept, self._kept = False, self._kept, []
        for tags in reversed(kept):
            self._deliver(tags)

    def _deliver(self, tags: Tags) -> None:
        for process in self.processes:
            process.presence.handle(tags)

    async def _broadcast(self, group: str, text: None, **tags: Any) -> None:
        tags = json.loads(json.dumps(tags))  # a layer makes lists of tuples
        if self.keeping:
            self._kept.append(tags)
        elif not self.loses(tags):
            self._deliver(tags)
