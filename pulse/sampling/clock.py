"""When the pulse intervals: at the multiples of its interval, on the Unix clock."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from; a test brings its own."""

    def now(self) -> float:
        """Unix time, in seconds."""

    async def sleep(self, seconds: float) -> None:
        """Returns about so many seconds later."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix time, in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Returns about so many seconds later."""
        await asyncio.sleep(seconds)


class Grid:
    """The ticks at the multiples of `interval` seconds, numbered by the Unix time divided by `interval`.

    Each wait is for a moment, not for a duration, so neither a late tick nor a slow one moves those after
    it. A tick that nobody waited for in time is skipped. After the clock was set, the next multiple of its
    new time is next.
    """

    def __init__(self, interval: float, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._latest: int | None = None
        self.skipped = 0  # ticks between the latest two that were given out

    def number(self, unix_time: float) -> int:
        """The number of the tick that began at or last before `unix_time`."""
        return int(unix_time // self._interval)

    async def tick(self) -> int:
        """Waits for the next tick and returns its number."""
        due = self._next()
        while (left := due * self._interval - self._clock.now()) > 0:
            if left > 2 * self._interval:  # the clock was set back while we slept
                due = self._next()
            else:
                await self._clock.sleep(left)
        number = max(due, self.number(self._clock.now()))
        self.skipped = 0 if self._latest is None else max(0, number - self._latest - 1)
        self._latest = number
        return number

    def _next(self) -> int:
        # In floating point `n * interval // interval` may be n - 1: that must not give the same tick twice.
        following = self.number(self._clock.now()) + 1
        return following + 1 if following == self._latest else following
