"""Tells the other processes what was stored, as fast as the channel layer takes it."""

import asyncio
from collections import deque

from rooms.history.store import Saying
from rooms.names import room_group
from rtproject.utils.failure_log import Outage
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import background

MOST_WAITING = 1000  # messages; the oldest are dropped: the other processes will find them in the store


class Announcer:
    """One message after the other on their way to the layer. Nobody here waits for that: all of them are stored."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Saying, int, str]] = deque(maxlen=MOST_WAITING)
        self._telling: asyncio.Task[None] | None = None
        self._outage = Outage("announcing stored messages")

    def put(self, saying: Saying, seq: int, text: str) -> None:
        """Has message `seq` announced; `text` is its finished frame. Returns at once."""
        self._waiting.append((saying, seq, text))
        if self._telling is None or self._telling.done():
            self._telling = background(self._tell(), "rooms announcer")

    async def _tell(self) -> None:
        while self._waiting:
            saying, seq, text = self._waiting.popleft()
            group, epoch = room_group(saying.room.name), saying.room.epoch
            with self._outage:
                await broadcast(group, text, door=saying.door, epoch=epoch, seq=seq)
