"""Limits: so many of something in so much time."""

import re
import time
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass

_COUNT = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` in `seconds`; no limit if `count` is 0."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Reads `20/second` (also minute, hour, day) or `0`. Raises ValueError for anything else."""
        if text.strip() == "0":
            return cls(0, 1.0)
        count, _, period = text.partition("/")
        if period.strip() not in PERIODS or not _COUNT.match(count.strip()):
            raise ValueError(text)
        return cls(int(count), PERIODS[period.strip()])


@dataclass(slots=True)
class Bucket:
    """A token bucket: holds `burst` tokens, which come back at `rate`. Times are of `time.monotonic`."""

    rate: Rate
    burst: int
    tokens: float
    updated: float

    @classmethod
    def full(cls, rate: Rate, burst: int | None = None) -> "Bucket":
        """A bucket for `rate` with a burst of as many, unless `burst` says otherwise."""
        burst = rate.count if burst is None else burst
        return cls(rate, burst, burst, time.monotonic())

    def level(self) -> float:
        """The tokens that are there now."""
        now = time.monotonic()
        self.tokens = min(
            self.burst, self.tokens + (now - self.updated) * self.rate.count / self.rate.seconds
        )
        self.updated = now
        return self.tokens

    def take(self) -> bool:
        """Takes one token; False if there is none. A rate of 0 always has one."""
        if not self.rate.count:
            return True
        if self.level() < 1:
            return False
        self.tokens -= 1
        return True


class Tally:
    """Counts events of each of many keys against one rate, in a moving window.

    Strangers name the keys, so their number is bounded: the one that was counted longest ago is forgotten first.
    """

    def __init__(self, rate: Rate, most_keys: int = 100_000) -> None:
        self._rate = rate
        self._most_keys = most_keys
        self._times: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def exhausted(self, key: Hashable) -> bool:
        """Whether `key` has used up what the rate allows it. Counts nothing."""
        times = self._times.get(key)
        if not self._rate.count or times is None or len(times) < self._rate.count:
            return False
        return time.monotonic() - times[0] < self._rate.seconds

    def count(self, key: Hashable) -> None:
        """Counts one event of `key`, now."""
        times = self._times.setdefault(key, deque(maxlen=self._rate.count))
        times.append(time.monotonic())
        self._times.move_to_end(key)
        if len(self._times) > self._most_keys:
            self._times.popitem(last=False)
