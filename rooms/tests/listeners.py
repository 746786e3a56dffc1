"""Somebody who listens to a live_room, and a store that does what a test says."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from rooms.access.versions import AccessVersion
from rooms.delivery import live_room as module
from rooms.delivery import replay
from rooms.delivery.live_room import LiveRoom
from rooms.history.reader import Page
from rooms.models import Message, MessageSequence, Room
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue

PATIENCE = 10.0  # seconds: running into it means that what a test waits for never comes
OPEN = AccessVersion(1, 0, guarded=False)
NEWER = AccessVersion(1, 1, guarded=True)


class Member:
    """A subscriber that reads at once whatever it is shown, while `reading` is set."""

    def __init__(self, access: AccessVersion = OPEN) -> None:
        self.access = access
        self.heard: list[str] = []
        self.code: int | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.send_queue = SendQueue(self._send, None, self.end)
        self.send_queue.release()

    def end(self, code: int) -> None:
        """Remembers how it was ended."""
        self.code = int(code)

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        self.heard.append(message["text"])


class Store:
    """Stands in for the store of one room; the texts of the messages in it are their numbers.

    While it is `failing` it is out of reach. Who reads has to wait for `gate` after what is there was read; `late` more
    are stored between its two queries, once.
    """

    def __init__(self, newest: int = 0, epoch: str = "epoch", access: AccessVersion = OPEN) -> None:
        self.newest = newest
        self.epoch = epoch
        self.access = access
        self.pruned = 0
        self.deleted: set[int] = set()  # rows that somebody took out by hand
        self.late = 0
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: asyncio.Queue[int | None] = asyncio.Queue()

    async def page_after(self, room: int, seq: int, limit: int) -> Page:
        """Stands in for `reader.page_after`."""
        first = max(seq, self.pruned) + 1
        return await self._page(seq, range(first, min(self.newest, first + limit - 1) + 1))

    async def page_before(self, room: int, seq: int | None, limit: int) -> Page:
        """Stands in for `reader.page_before`, of the newest."""
        return await self._page(None, range(max(self.pruned, self.newest - limit) + 1, self.newest + 1))

    async def _page(self, after: int | None, seqs: range) -> Page:
        self.newest, self.late = self.newest + self.late, 0
        rows = [Message(seq=seq, text=str(seq)) for seq in seqs if seq not in self.deleted]
        page = Page(rows, self.access, self.epoch, self.newest, self.pruned)
        failing = self.failing
        self.asked.put_nowait(after)
        await self.gate.wait()
        if failing:
            raise OperationalError("no store")
        return page

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """LiveRooms and replays read here from now on, and wait no longer than the event loop takes for a turn."""
        patch.setattr(module, "page_before", self.page_before)
        patch.setattr(module, "page_after", self.page_after)
        patch.setattr(replay, "page_after", self.page_after)
        patch.setattr(LiveRoom, "to_frame", lambda self, row: Frame(row.text))
        patch.setattr(module, "LATE_SECONDS", 0)
        patch.setattr(module, "RETRY_SECONDS", 0)


def listed_room(name: str = "lobby", epoch: str = "epoch", pk: int = 1) -> Room:
    """A room with a history, or without if `epoch` is empty, as it is read from a store."""
    room = Room(pk=pk, name=name)
    room.sequence = MessageSequence(room=room, epoch=epoch)
    return room


def event(seq: int, access: AccessVersion = OPEN, epoch: str = "epoch") -> GroupEvent:
    """What the layer brings when message `seq` was stored elsewhere."""
    return GroupEvent(str(seq), {"seq": seq, "epoch": epoch, "access": list(access)})


def numbers(first: int, last: int) -> list[str]:
    """What a member has heard who was shown these messages."""
    return [str(seq) for seq in range(first, last + 1)]


async def until(condition: Callable[[], object]) -> None:
    """Returns when `condition` is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def begun_live_room(
    changed: Callable[[str], None] = lambda key: None, room: Room | None = None
) -> LiveRoom:
    """A live_room that has begun."""
    begun = LiveRoom(room or listed_room(), changed)
    await begun.begin()
    return begun


def attached(to: LiveRoom, access: AccessVersion = OPEN) -> Member:
    """Somebody who hears what comes from now on."""
    member = Member(access)
    to.subscribers.add(member)
    return member
