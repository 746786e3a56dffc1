"""A limit that holds over all processes together."""

import zlib
from collections.abc import Sequence
from contextlib import suppress

from django.utils.crypto import salted_hmac

from rtproject.utils.loop_local import loop_local
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_client import RedisClient
from rtproject.websocket.throttling.rates import Rate, SlidingWindow

# A key is a list of times in milliseconds, the newest first, at most as many as the rate allows; Redis's own clock, so
# that those of the hosts need not agree. One script, so that no two processes take the same last try.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count, milliseconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], count - 1)
if oldest and now - oldest < milliseconds then return 0 end
if ARGV[3] == 'count' then
    redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('LTRIM', KEYS[1], 0, count - 1)
    redis.call('PEXPIRE', KEYS[1], milliseconds)
end
return 1
"""


class SharedWindow:
    """A SlidingWindow that all processes have in common by way of Redis, and each for itself as well.

    So who has used up what the rate allows here is not asked about any more, and while Redis is out of reach each
    process goes on with what it knows. Without `urls` there is nothing but that. Several URLs share the keys.
    """

    def __init__(self, purpose: str, rate: Rate, urls: Sequence[str]) -> None:
        self._purpose = purpose
        self._rate = rate
        self._here = SlidingWindow(rate)
        self._lines = loop_local(lambda: [RedisClient(url) for url in urls])

    async def exhausted(self, key: tuple[str, ...]) -> bool:
        """Whether `key` has used up what the rate allows it. Counts nothing."""
        return self._here.exhausted(key) or not await self._may(key, "look")

    async def take(self, key: tuple[str, ...]) -> bool:
        """Counts one event of `key`, now; False, and nothing is counted, if it is exhausted."""
        if not self._here.take(key):
            return False
        if await self._may(key, "count"):
            return True
        self._here.give_back(key)
        return False

    async def give_back(self, key: tuple[str, ...]) -> None:
        """Takes back what was counted last of `key`."""
        self._here.give_back(key)
        if self._rate.count and (line := self._line(key)) is not None:
            with suppress(LayerUnavailable):  # it expires
                await line.ask("LPOP", self._name(key))

    async def close(self) -> None:
        """Gives up the connections of this event loop."""
        for line in self._lines():
            await line.close()

    async def _may(self, key: tuple[str, ...], how: str) -> bool:
        line = self._line(key)
        if line is None or not self._rate.count:
            return True
        milliseconds = round(self._rate.seconds * 1000)
        try:
            return bool(await line.ask("EVAL", TAKE, 1, self._name(key), self._rate.count, milliseconds, how))
        except LayerUnavailable:
            return True

    def _line(self, key: tuple[str, ...]) -> RedisClient | None:
        lines = self._lines()
        return lines[zlib.crc32(self._name(key).encode()) % len(lines)] if lines else None

    def _name(self, key: tuple[str, ...]) -> str:
        # No addresses to read in Redis, nothing of a stranger's in a name, and no other site's keys.
        return "window:" + salted_hmac(self._purpose, repr(key), algorithm="sha256").hexdigest()
