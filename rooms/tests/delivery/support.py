"""A subscriber that remembers its frames, and a store that does what a test says."""

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
from rooms.tests.support import ADA
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue

UNLISTED = AccessVersion(0, 0, guarded=False)
OPEN = AccessVersion(1, 0, guarded=False)
GUARDED = AccessVersion(1, 1, guarded=True)  # the same room after a password was set


class Member:
    """A subscriber: `received` are its frames, `code` is what it was ended with.

    While `reading` is not set, its client reads nothing.
    """

    def __init__(self, access: AccessVersion = OPEN) -> None:
        self.access = access
        self.member = ADA
        self.received: list[str] = []
        self.code: int | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.send_queue = SendQueue(self._send, None, self.end)
        self.send_queue.release()

    def end(self, code: int) -> None:
        """Remember the code."""
        self.code = int(code)

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        self.received.append(message["text"])


class Store:
    """Stands in for the store of one room, whose messages have their numbers as texts.

    While it is `failing` it is out of reach. An answer waits for `gate` after the rows were read; `late` more messages
    are stored between the two queries of the next answer. Deleted messages have a minus before their number.
    """

    def __init__(self, newest: int = 0) -> None:
        self.newest = newest
        self.epoch = "epoch"
        self.access = OPEN
        self.pruned = 0
        self.deleted: set[int] = set()  # rows that were deleted past the protocol
        self.targets: dict[int, int] = {}  # of deletions, by their numbers
        self.late = 0
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: asyncio.Queue[int | None] = asyncio.Queue()

    async def page_after(self, room: int, seq: int, limit: int) -> Page:
        """Stand in for `reader.page_after`."""
        first = max(seq, self.pruned) + 1
        return await self._page(seq, range(first, min(self.newest, first + limit - 1) + 1))

    async def page_before(self, room: int, seq: int | None, limit: int) -> Page:
        """Stand in for `reader.page_before`, without a `seq`."""
        return await self._page(None, range(max(self.pruned, self.newest - limit) + 1, self.newest + 1))

    async def _page(self, after: int | None, seqs: range) -> Page:
        targets, signs = self.targets, dict.fromkeys(self.deleted, -1)
        rows = [Message(seq=seq, text=str(signs.get(seq, 1) * seq), target=targets.get(seq)) for seq in seqs]
        page = Page(rows, self.access, self.epoch, self.newest, self.pruned)
        self.newest, self.late = self.newest + self.late, 0
        failing = self.failing
        self.asked.put_nowait(after)
        await self.gate.wait()
        if failing:
            raise OperationalError("no store")
        return page

    def taken(self) -> list[int | None]:
        """Return what was asked for since this was last called: numbers after which pages were read."""
        return [self.asked.get_nowait() for _ in range(self.asked.qsize())]

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Let live rooms and replays read here, with pauses of one turn of the event loop."""
        patch.setattr(module, "page_before", self.page_before)
        patch.setattr(module, "page_after", self.page_after)
        patch.setattr(replay, "replay_page", self.page_after)
        patch.setattr(LiveRoom, "to_frame", lambda self, row: Frame(row.text))
        patch.setattr(module, "LATE_SECONDS", 0)
        patch.setattr(module, "RETRY_SECONDS", 0)


def listed_room(name: str = "lobby", epoch: str = "epoch", pk: int = 1) -> Room:
    """A room as it is read from the store; without history if `epoch` is empty."""
    room = Room(pk=pk, name=name)
    room.sequence = MessageSequence(room=room, epoch=epoch)
    return room


def event(seq: int, access: AccessVersion = OPEN, epoch: str = "epoch", **tags: Any) -> GroupEvent:
    """The event that message `seq` was stored by another process, as the layer brings it."""
    return GroupEvent(str(seq), {"seq": seq, "epoch": epoch, "access": list(access), **tags})


def numbers(first: int, last: int) -> list[str]:
    """The texts of these messages."""
    return [str(seq) for seq in range(first, last + 1)]


async def begun(on_change: Callable[[str], None] = lambda key: None, room: Room | None = None) -> LiveRoom:
    """A live room that has begun."""
    live_room = LiveRoom(room or listed_room(), on_change)
    await live_room.begin()
    return live_room


def subscribed(live_room: LiveRoom, access: AccessVersion = OPEN) -> Member:
    """A new subscriber of `live_room`."""
    member = Member(access)
    live_room.subscribers.add(member)
    return member
