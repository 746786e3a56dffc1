"""Ordered delivery of one room: every message once, in the order of its number."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from itertools import islice

from rooms.access.versions import door_of
from rooms.delivery.subscribers import Subscribers
from rooms.history.reader import MOST_HISTORY, newest_page, page_after, to_frame
from rooms.models import Room
from rooms.names import room_group, room_key
from rooms.presence.tracker import PresenceTracker
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.groups.registry import GroupEvent, current_registry
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.transport.frames import Frame

MOST_BYTES = 512 * 1024  # for each room with somebody inside


class RecentMessages:
    """A row of frames without a hole, of which the last one has number `newest`."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self._frames: deque[Frame] = deque()
        self._size = 0

    def append(self, frame: Frame) -> None:
        """Adds number `newest` + 1; the oldest are forgotten when they become too many."""
        self.newest += 1
        self._frames.append(frame)
        self._size += len(frame)
        while len(self._frames) > MOST_HISTORY or self._size > MOST_BYTES:
            self._size -= len(self._frames.popleft())

    def after(self, seq: int) -> list[Frame] | None:
        """What came after number `seq`; None if not all of it is here."""
        first = len(self._frames) - (self.newest - seq)
        return None if first < 0 else list(islice(self._frames, first, None))


logger = logging.getLogger(__name__)

LATE_SECONDS = 0.1  # how long a message may be on its way before it is looked for in the store
RETRY_SECONDS = 1.0  # between two looks into a store that is out of reach
PAGE = 100  # messages read at a time
MOST_AHEAD = 200  # messages kept that came before their turn; the rest will be read from the store


class LiveRoom:
    """One room, as it was when its first member here came in: another row or epoch of that name has another live_room.

    To the fan-out it is the group's member. `on_change` is called with the room's key when there is reason to believe
    that the room's row is not what it was.
    """

    def __init__(self, room: Room, on_change: Callable[[str], None]) -> None:
        self.room = room
        self.key = room_key(room.name)
        self.name = secrets.token_hex(6)  # among the live_rooms of this room in all processes
        self.epoch = room.epoch
        self.subscribers = Subscribers(door_of(room), bool(room.epoch), self._changed)
        self.recent = RecentMessages(0)
        self.presence = PresenceTracker(self.key, room.pk or 0, self.subscribers.show)
        self._on_change = on_change
        self._begun = False  # until then nothing can be missing
        self._newest = 0  # the highest number that is known to be stored
        self._ahead: dict[int, tuple[Frame, str]] = {}
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._repairing: asyncio.Task[None] | None = None
        self._outage = FailureLog(f"looking for messages of room {self.key}")

    @property
    def shown(self) -> int:
        """The number of the last message shown; 0 before the first, and in a room that keeps none."""
        return self.recent.newest

    async def begin(self) -> None:
        """Hears the group from now on. Raises LayerUnavailable, or django.db.Error."""
        await current_registry().join(room_group(self.key), self)
        if self.epoch:
            # What is said from now on is heard; what was said before is in here.
            page = await newest_page(self.room.pk)
            self.recent = RecentMessages(page.newest)
            for row in page.rows:
                if row.seq != self.shown + 1:  # the first, or one behind a row that somebody deleted
                    self.recent = RecentMessages(row.seq - 1)
                self.recent.append(to_frame(self.room, row))
            self._ahead.clear()  # of what was heard meanwhile, all that is not in here is in the store
            self._begun = True
            self.expect(page.newest)
        await self.presence.begin()

    async def close(self) -> None:
        """Nobody listens any more."""
        if self._repairing is not None:
            self._repairing.cancel()
        await self.presence.close()
        await current_registry().leave(room_group(self.key), self)

    def deliver(self, event: GroupEvent) -> None:
        """What the fan-out brings: a message, or the news that something about the room is not as it was."""
        epoch = event.tags.get("epoch", "")
        if "presence" in event.tags:
            self.presence.hear(event.tags)
        elif event.frame is None or event.tags.get("notice", self.room.pk) != self.room.pk:
            self._changed()
        elif "notice" in event.tags:
            self.subscribers.show(event.frame)
        elif epoch != self.epoch:
            self._changed()
        elif epoch:
            self.take(event.tags["seq"], event.frame, event.tags["door"])
        elif event.tags.get("by") != self.name:  # what was said here was shown when it was said
            self.subscribers.show(event.frame, event.tags["door"])

    def take(self, seq: int, frame: Frame, door: str) -> None:
        """Shows message `seq`, said by `door`, when its turn has come; what was shown before is not shown again."""
        if self.shown < seq <= self.shown + MOST_AHEAD:
            self._ahead[seq] = (frame, door)
            self._show_next()
        self.expect(seq)

    def expect(self, seq: int) -> None:
        """Message `seq` is stored: it is looked for if it does not come by itself."""
        self._newest = max(self._newest, seq)
        if self._begun and self._newest > self.shown and self._repairing is None:
            self._repairing = run_in_background(self._repair(), f"repair of {self.key}")

    async def reach(self, seq: int) -> None:
        """Returns when message `seq` was shown."""
        self.expect(seq)
        if self.shown < seq:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((seq, turn))
            await turn

    def _show_next(self) -> None:
        while (following := self._ahead.pop(self.shown + 1, None)) is not None:
            self.recent.append(following[0])
            self.subscribers.show(*following)
        self._wake()

    def _changed(self) -> None:
        self._on_change(self.key)

    def _wake(self) -> None:
        for seq, turn in self._waiting:
            if seq <= self.shown and not turn.done():
                turn.set_result(None)
        self._waiting = [(seq, turn) for seq, turn in self._waiting if not turn.done()]

    async def _repair(self) -> None:
        try:
            while self.shown < (expected := self._newest):
                await asyncio.sleep(LATE_SECONDS)
                while self.shown < min(expected, self._newest):
                    if not await self._fill():
                        await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._repairing = None

    async def _fill(self) -> bool:
        """Shows what the store has next; returns whether it could be asked."""
        with self._outage:
            page = await page_after(self.room.pk, self.shown, PAGE)
            if page.epoch != self.epoch:
                self._newest = self.shown
                self._changed()
                return True
            following = page.rows[0].seq if page.rows else page.newest + 1
            if following > self.shown + 1:
                self._skip_to(following)
            missed = [row for row in page.rows if row.seq > self.shown and row.seq not in self._ahead]
            for row in missed:
                self.take(row.seq, to_frame(self.room, row), page.door)
            if missed:
                logger.info("room %s: repaired a gap of %d", self.key, len(missed))
            return True
        return False

    def _skip_to(self, seq: int) -> None:
        logger.error("room %s: messages up to %d were deleted before they could be shown", self.key, seq - 1)
        self.recent = RecentMessages(seq - 1)
        self._ahead = {later: shown for later, shown in self._ahead.items() if later >= seq}
        self._show_next()
