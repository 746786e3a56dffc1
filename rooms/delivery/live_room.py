"""Ordered delivery of one room: every message once, in the order of its number.

The channel layer is fast and may lose, repeat or reorder events; the store is slower and complete. A message is taken
from the first source that brings it, delivered in its turn, and read from the store when its turn passes without it.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice

from rooms import protocol
from rooms.access.versions import AccessVersion, access_version
from rooms.delivery.subscribers import Subscribers
from rooms.history.reader import MAX_HISTORY, page_after, page_before
from rooms.history.store import renew_epoch
from rooms.models import MessageSequence, Room
from rooms.names import room_group, room_key
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import StoredMessage
from rtproject.utils.database_threads import in_writers_thread
from rtproject.websocket.counters import events
from rtproject.websocket.groups.registry import GroupEvent, current_registry
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.failure_log import FailureLog

logger = logging.getLogger(__name__)

LATE_SECONDS = 0.1  # that a message may be on its way before it is read from the store
RETRY_SECONDS = 1.0  # between two attempts to read from a store that is out of reach
PAGE = 100  # messages read at a time
MAX_AHEAD = 200  # messages kept that came before their turn; the others are read from the store
MAX_RECENT_BYTES = 512 * 1024  # for each room with a member here

begin_epoch = in_writers_thread(renew_epoch)


class RecentMessages:
    """The newest frames of a room without a hole; the last one has number `newest`."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self._frames: deque[Frame] = deque()
        self._size = 0

    def append(self, frame: Frame) -> None:
        """Add number `newest` + 1, and drop the oldest when there are too many."""
        self.newest += 1
        self._frames.append(frame)
        self._size += len(frame)
        while len(self._frames) > MAX_HISTORY or self._size > MAX_RECENT_BYTES:
            self._size -= len(self._frames.popleft())

    def delete(self, seq: int) -> None:
        """Drop the text of message `seq`, if it is here."""
        index = len(self._frames) - 1 - (self.newest - seq)
        if 0 <= index < len(self._frames):
            before = self._frames[index]
            after = self._frames[index] = Frame(protocol.without_text(before.messages[0]["text"]))
            self._size += len(after) - len(before)

    def after(self, seq: int) -> list[Frame] | None:
        """Return the frames after number `seq`; None if not all of them are here."""
        first = len(self._frames) - (self.newest - seq)
        return None if first < 0 else list(islice(self._frames, first, None))


class LiveRoom:
    """A room while a member is in it in this process.

    Another row or epoch of the room has another LiveRoom. It is the member of the room's group. `on_change`
    is called with the room's key when its row may have changed.
    """

    def __init__(self, room: Room, on_change: Callable[[str], None]) -> None:
        self.room = room
        self.key = room_key(room.name)
        self.group = room_group(self.key)
        self.name = secrets.token_hex(6)  # tells its own events from those of other processes
        self.epoch = room.epoch
        self._changed = partial(on_change, self.key)
        self.subscribers = Subscribers(access_version(room), bool(room.epoch), self._changed)
        self.recent = RecentMessages(0)
        self.presence = PresenceTracker(self.key, room.pk or 0, self.subscribers.write, room.name)
        self._begun = False  # until then nothing can be missing
        self._newest = 0  # the highest number that is known to be stored
        self._removals = room.sequence.removals if room.epoch else 0
        self.last_deletion = 0  # the number of the last `deleted` that was delivered
        self._ahead: dict[int, tuple[Frame, AccessVersion, int | None]] = {}
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._repairing: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None

    @property
    def delivered(self) -> int:
        """The number of the last message that was delivered; 0 in a room that keeps none."""
        return self.recent.newest

    @property
    def is_alone(self) -> bool:
        """Whether an event of the group would only come back here."""
        return current_registry().is_alone(self.group, self)

    async def begin(self) -> None:
        """Join the group and load the recent messages. Raises LayerUnavailable, or django.db.Error."""
        await current_registry().join(self.group, self)
        if self.epoch:
            # Read after joining: a message that is stored later comes as an event.
            page = await page_before(self.room.pk, None, MAX_HISTORY)
            self.recent = RecentMessages(page.newest)
            for row in page.rows:
                if row.seq != self.delivered + 1:  # the first one, or one behind what is pruned
                    self.recent = RecentMessages(row.seq - 1)
                self.recent.append(self.to_frame(row))
            self._ahead.clear()  # an event that came meanwhile and is not in the page can be read again
            self._begun = True
            self.expect(page.newest)
        await self.presence.begin()

    async def close(self) -> None:
        """Leave the group: no member is left here."""
        for work in (self._repairing, self._checking):
            if work is not None:
                work.cancel()
        await self.presence.close()
        await current_registry().leave(self.group, self)

    def deliver(self, event: GroupEvent) -> None:
        """Handle an event of the group: a frame, presence, a disconnection, or a change of the room."""
        tags = event.tags
        if "presence" in tags:
            self.presence.handle(tags)
        elif "disconnected" in tags and not self.room.pk:
            self.subscribers.disconnect(tags["disconnected"])
        elif event.text is not None and not tags:  # other code may broadcast a text
            self.subscribers.write(event.frame)
        elif event.text is None or tags.get("epoch", "") != self.epoch:
            self._changed()
        elif "seq" not in tags:
            if tags.get("origin") != self.name:  # its own were delivered when they were posted
                self._deliver_unnumbered(event)
        elif tags["seq"] > self.delivered:
            access = AccessVersion.decode(tags["access"])
            self.add_message(tags["seq"], event.frame, access, tags.get("target"))

    def _deliver_unnumbered(self, event: GroupEvent) -> None:
        access = AccessVersion.decode(event.tags["access"])
        if "typist" in event.tags:
            self.subscribers.tell_typing(event.frame, access, event.tags["typist"])
        else:
            self.subscribers.write(event.frame, access)

    def add_message(self, seq: int, frame: Frame, access: AccessVersion, target: int | None = None) -> None:
        """Deliver number `seq` of a sender admitted by `access` in its turn; ignore a repeat.

        `target` is the number of the message that it deletes, if it does.
        """
        if 0 < seq - self.delivered <= MAX_AHEAD:
            self._ahead[seq] = (frame, access, target)
            self._deliver_next()
        self.expect(seq)

    def expect(self, seq: int) -> None:
        """Note that message `seq` is stored; read it from there if no event brings it."""
        self._newest = max(self._newest, seq)
        if self._begun and self._newest > self.delivered and self._repairing is None:
            self._repairing = run_in_background(self._repair(), f"repair of {self.key}")

    def follow(self, sequence: MessageSequence) -> None:
        """The room was read from the store, with this sequence: catch up with it."""
        if sequence.removals != self._removals:
            self._removals = sequence.removals
            self.recent = RecentMessages(self.delivered)  # some are deleted: newcomers get the store's
        if sequence.last_seq < self.delivered and self._checking is None:
            self._checking = run_in_background(self._check_numbers(), f"numbers of {self.key}")
        self.expect(sequence.last_seq)

    async def wait_for(self, seq: int) -> None:
        """Return when message `seq` was delivered."""
        self.expect(seq)
        if self.delivered < seq:
            turn = asyncio.get_running_loop().create_future()
            self._waiters.append((seq, turn))
            await turn

    def to_frame(self, row: StoredMessage) -> Frame:
        """Return the frame that a stored message is shown as."""
        return Frame(protocol.encode(protocol.stored_frame(self.room.name, row)))

    def _deliver_next(self) -> None:
        while (following := self._ahead.pop(self.recent.newest + 1, None)) is not None:
            frame, access, target = following
            self.recent.append(frame)
            if target is not None:
                self.recent.delete(target)
                self.last_deletion = self.delivered
            self.subscribers.write(frame, access)
        if self._waiters:
            self._wake()

    def _wake(self) -> None:
        for seq, turn in self._waiters:
            if seq <= self.delivered and not turn.done():
                turn.set_result(None)
        self._waiters = [(seq, turn) for seq, turn in self._waiters if not turn.done()]

    async def _check_numbers(self) -> None:
        """Begin a new epoch if the store has lost what was delivered: other messages would get its numbers.

        The sequence that seems to be behind may only have been read before the last messages were delivered.
        """
        delivered = self.delivered
        with FailureLog(f"checking the numbers of room {self.key}"):
            page = await page_after(self.room.pk, delivered, 1)
            if page.epoch == self.epoch and page.newest < delivered:
                logger.error("room %s: the store has lost the messages after %d", self.key, page.newest)
                await begin_epoch(self.room.pk, self.epoch)
                self._changed()
        self._checking = None

    async def _repair(self) -> None:
        failures = FailureLog(f"reading messages of room {self.key}")
        try:
            while self.delivered < (expected := self._newest):
                await asyncio.sleep(LATE_SECONDS)
                while self.delivered < min(expected, self._newest):
                    with failures:
                        await self._fill_gap()
                        continue
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._repairing = None

    async def _fill_gap(self) -> None:
        """Deliver the next page of the store. Raises django.db.Error."""
        page = await page_after(self.room.pk, self.delivered, PAGE)
        if page.epoch != self.epoch:
            self._newest = self.delivered
            self._changed()
            return
        if page.newest <= self.delivered:
            self._newest = self.delivered  # an event has named a number that the store does not have
            return
        following = page.rows[0].seq if page.rows else page.newest + 1
        if following > self.delivered + 1:
            self._skip_to(following)
        missed = [row for row in page.rows if row.seq > self.delivered]
        # Also in place of what events brought under these numbers.
        self._ahead |= {row.seq: (self.to_frame(row), page.access, row.target) for row in missed}
        self._deliver_next()
        if missed:
            events["gaps_repaired"] += 1
            logger.info("room %s: repaired a gap of %d", self.key, len(missed))

    def _skip_to(self, seq: int) -> None:
        logger.error("room %s: messages up to %d were pruned before they were delivered", self.key, seq - 1)
        self.recent = RecentMessages(seq - 1)
        self._ahead = {later: message for later, message in self._ahead.items() if later >= seq}
        self._deliver_next()
