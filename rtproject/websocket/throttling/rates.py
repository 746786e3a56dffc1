"""Rates, and what counts against them: token bucket, leaky bucket, sliding window."""

import asyncio
import random
import re
import time
from array import array
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_COUNT = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` events in `seconds`; no limit if `count` is 0."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Parse `20/second` (also minute, hour, day) or `0`. Raises ValueError.

        Its message says what a rate must be.
        """
        if text.strip() == "0":
            return cls(0, 1.0)
        count, _, period = text.partition("/")
        if period.strip() not in PERIODS or not _COUNT.match(count.strip()):
            raise ValueError("a rate such as 20/second (or minute, hour, day), or 0")
        return cls(int(count), PERIODS[period.strip()])


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` tokens, which come back at `rate`. Times are of `time.monotonic`."""

    rate: Rate
    burst: int
    tokens: float
    updated: float

    @classmethod
    def full(cls, rate: Rate, burst: int | None = None) -> "Bucket":
        """Return a full bucket for `rate`, with a burst of `rate.count` by default."""
        burst = rate.count if burst is None else burst
        return cls(rate, burst, burst, time.monotonic())

    def take(self) -> bool:
        """Take one token; False if there is none. A rate of 0 always has one."""
        if not self.rate.count:
            return True
        now = time.monotonic()
        refill = (now - self.updated) * self.rate.count / self.rate.seconds
        self.tokens = min(self.burst, self.tokens + refill)
        self.updated = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class LeakyBucket:
    """A leaky bucket: passes `rate` callers evenly after a `burst`, and makes the others wait."""

    def __init__(self, rate: Rate, burst: int) -> None:
        self._step = rate.seconds / rate.count
        self._burst_seconds = burst * self._step
        self._next = 0.0

    async def wait_turn(self, until: float) -> None:
        """Return when it is the caller's turn, or shortly before `until` if that is earlier.

        `until` is a time of `time.monotonic`. Callers without a turn return at different moments, so that
        they do not come back together.
        """
        now = time.monotonic()
        turn = max(self._next, now - self._burst_seconds) + self._step
        if turn <= until:
            self._next = turn
        else:
            turn = until - random.uniform(0, (until - now) / 5)  # noqa: S311 (not a secret)
        await asyncio.sleep(max(0.0, turn - now))


class SlidingWindow:
    """Counts the events of many keys against one rate.

    Keys are user input: a key without recent events is dropped, and of more than `most_keys` the one that was counted
    longest ago.
    """

    def __init__(self, rate: Rate, most_keys: int = 100_000) -> None:
        self._rate = rate
        self._most_keys = most_keys
        # The last counted comes last, in both.
        self._times: OrderedDict[Hashable, array[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def exhausted(self, key: Hashable, count: int | None = None) -> bool:
        """Return whether `key` has used up its rate, with `count` instead of the rate's own. Counts nothing."""
        most = self._rate.count if count is None else count
        times = self._times.get(key)
        if not most or times is None or len(times) < most:
            return False
        return not self._is_old(times[-most])

    def take(self, key: Hashable, count: int | None = None) -> bool:
        """Count one event of `key`; False, and nothing is counted, if it is exhausted, see there."""
        most = self._rate.count if count is None else count
        if not most:
            return True
        if self.exhausted(key, most):
            return False
        times = self._times.setdefault(key, array("d"))
        times.append(time.monotonic())
        del times[:-most]
        self._times.move_to_end(key)
        self._forget()
        return True

    def give_back(self, key: Hashable) -> None:
        times = self._times.get(key)
        if times:
            times.pop()
        if not times:
            self._times.pop(key, None)

    def _forget(self) -> None:
        while len(self._times) > self._most_keys or self._is_old(next(iter(self._times.values()))[-1]):
            self._times.popitem(last=False)

    def _is_old(self, moment: float) -> bool:
        return time.monotonic() - moment >= self._rate.seconds
