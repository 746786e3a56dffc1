"""The ticks of the pulse, at the multiples of its interval on the Unix clock."""

import asyncio
import time

now = time.time
sleep = asyncio.sleep


class Grid:
    """The ticks at the multiples of `interval` seconds.

    The number of a tick is its Unix time divided by `interval`. Each wait ends at a time and not after a
    duration, so a late tick does not delay those after it. Ticks that nothing waited for are skipped.
    After the clock was set, the next multiple of its new time is next.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._latest: int | None = None
        self.skipped = 0  # ticks between the latest two that were returned

    def number(self, unix_time: float) -> int:
        """The number of the tick at or last before `unix_time`."""
        return int(unix_time // self._interval)

    async def tick(self) -> int:
        """Wait for the next tick and return its number."""
        due = self._next()
        while (left := due * self._interval - now()) > 0:
            if left > 2 * self._interval:  # the clock was set back during the wait
                due = self._next()
            else:
                await sleep(left)
        number = max(due, self.number(now()))
        self.skipped = 0 if self._latest is None else max(0, number - self._latest - 1)
        self._latest = number
        return number

    def _next(self) -> int:
        # In floating point `n * interval // interval` may be n - 1, which would return a tick twice.
        following = self.number(now()) + 1
        return following + 1 if following == self._latest else following
