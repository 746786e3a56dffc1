"""A sliding window that all processes share."""

import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.utils.crypto import salted_hmac

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_client import RedisClient
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.utils.loop_local import loop_local

# A key is a list of times in milliseconds, the newest first, at most as many as the rate allows; Redis's own clock, so
# that those of the hosts need not agree. A time in its future is over: the clock was set back, or another Redis took
# over. One script, so that no two processes take the same last try.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count, milliseconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = tonumber(redis.call('LINDEX', KEYS[1], count - 1) or 0)
if oldest <= now and now - oldest < milliseconds then return 0 end
if ARGV[3] == 'count' then
    redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('LTRIM', KEYS[1], 0, count - 1)
    redis.call('PEXPIRE', KEYS[1], milliseconds)
end
return 1
"""


WORK = "counting in Redis, and not in each process by itself,"


class SharedWindow:
    """A SlidingWindow in Redis, and one in each process.

    A key that is exhausted in this process is not looked up in Redis. While Redis is out of reach each process counts
    for itself, as it does without `urls`. Several URLs are shards of the keys, which begin with `prefix`.
    """

    def __init__(self, purpose: str, rate: Rate, urls: Sequence[str], prefix: str) -> None:
        self._purpose = purpose
        self._prefix = prefix
        self._rate = rate
        self._here = SlidingWindow(rate)
        self._clients = loop_local(lambda: [RedisClient(url, WORK) for url in urls])

    async def exhausted(self, key: tuple[str, ...]) -> bool:
        return self._here.exhausted(key) or not await self._may(key, "look")

    async def take(self, key: tuple[str, ...]) -> bool:
        if not self._here.take(key):
            return False
        if await self._may(key, "count"):
            return True
        self._here.give_back(key)
        return False

    async def give_back(self, key: tuple[str, ...]) -> None:
        self._here.give_back(key)
        await self._ask(("LPOP",), key)  # if that fails, it expires

    async def close(self) -> None:
        for client in self._clients():
            await client.close()

    async def _may(self, key: tuple[str, ...], how: str) -> bool:
        milliseconds = round(self._rate.seconds * 1000)
        answer = await self._ask(("EVAL", TAKE, 1), key, self._rate.count, milliseconds, how)
        return answer is None or bool(answer)

    async def _ask(self, command: Sequence[Any], key: tuple[str, ...], *arguments: Any) -> Any:
        """Return Redis's answer to a command about `key`; None without a limit or a Redis in reach."""
        clients = self._clients()
        if not clients or not self._rate.count:
            return None
        # Hashed: no addresses or user input in Redis.
        digest = salted_hmac(self._purpose, repr(key), algorithm="sha256").hexdigest()
        name = f"{self._prefix}:window:{digest}"
        with suppress(LayerUnavailable):
            return await clients[zlib.crc32(name.encode()) % len(clients)].ask(*command, name, *arguments)
        return None
