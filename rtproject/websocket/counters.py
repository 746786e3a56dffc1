"""What this process did and does, in plain numbers that cost nothing until somebody reads them."""

import asyncio
from collections import Counter, deque

from rtproject.websocket.utils.loop_local import loop_local

DELAY_SECONDS = 0.1  # between two measurements of the loop's delay
RECENT = 600  # measurements: a minute


class Traffic:
    """The frames that clients sent and were sent, and the bytes of frames that wait for clients that are slow."""

    __slots__ = ("backlog_bytes", "bytes_in", "bytes_out", "frames_in", "frames_out")

    def __init__(self) -> None:
        self.frames_in = self.bytes_in = 0
        self.frames_out = self.bytes_out = 0
        self.backlog_bytes = 0

    def count_out(self, frames: int, size: int) -> None:
        """Count frames that are given to clients, and their bytes."""
        self.frames_out += frames
        self.bytes_out += size


traffic = Traffic()
handshakes: Counter[tuple[str, int | None]] = Counter()  # by outcome, and the code of a denial
closes: Counter[int] = Counter()  # of open connections, by code; 0 for one that only the client knows
events: Counter[str] = Counter()  # whatever else an app counts, by the name of its metric


class LoopDelay:
    """How late the event loop runs its timers, measured from the first use on."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0  # of all measurements together
        self._recent = deque([0.0], RECENT)
        self._loop = asyncio.get_running_loop()
        self._measure_next()

    @property
    def recent_maximum(self) -> float:
        """The largest of the last minute."""
        return max(self._recent)

    def _measure_next(self) -> None:
        self._loop.call_later(DELAY_SECONDS, self._measure, self._loop.time() + DELAY_SECONDS)

    def _measure(self, due: float) -> None:
        late = max(0.0, self._loop.time() - due)
        self.count += 1
        self.seconds += late
        self._recent.append(late)
        self._measure_next()


current_loop_delay = loop_local(LoopDelay)
