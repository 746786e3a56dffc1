"""The newest messages of a room, ready to be sent to whoever comes in."""

from collections import deque
from itertools import islice

from rooms.history.reader import MOST_HISTORY
from rtproject.websocket.transport.frames import Frame

MOST_BYTES = 512 * 1024  # for each room with somebody inside


class Tail:
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
