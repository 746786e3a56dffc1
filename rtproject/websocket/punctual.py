"""The pub/sub layer of channels_redis, except that nothing is published after its sender gave it up.

A Redis that stands still for a while has commands in its buffers, and obeys them when it goes on. What was answered
"unavailable" meanwhile would be heard after all, and what was said again would be heard twice. So each event bears a
time by Redis's own clock, after which Redis itself leaves it alone.
"""

import time
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.commands.core import AsyncScript
from redis.exceptions import ResponseError

from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.groups.health import NEEDED
from rtproject.websocket.groups.layer import LAYER_SECONDS

WAY_BACK_SECONDS = 0.5  # of these LAYER_SECONDS: for Redis's answer, so that what it did publish is known
PUBLISH = """
local now = redis.call('TIME')
if now[1] + now[2] / 1000000 > tonumber(ARGV[3]) then return {1, now[1], now[2]} end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {0, now[1], now[2]}
"""
SHARD_NEEDED = ("_lock", "_ensure_redis", "_redis")


class PunctualRedisLayer(RedisPubSubChannelLayer):
    """`group_send` raises TimeoutError for what Redis took too late to be published.

    It goes by attributes that channels_redis has not promised. Where they are missing it is the layer as it was.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._publishers: WeakKeyDictionary[Any, Publisher] = WeakKeyDictionary()  # by shard

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Publishes `message` to `group`, within the time that `ask_layer` gives it."""
        layer = self._get_layer()
        if not _has(layer, NEEDED) or not all(_has(shard, SHARD_NEEDED) for shard in layer._shards):
            await layer.group_send(group, message)
            return
        channel = layer._get_group_channel_name(group)
        shard = layer._get_shard(channel)
        if shard not in self._publishers:
            self._publishers[shard] = Publisher()
        await self._publishers[shard].publish(shard, channel, self.serialize(message))


class Publisher:
    """Publishes to one Redis, and knows how far its clock is ahead of ours."""

    def __init__(self) -> None:
        self._ahead: float | None = None  # seconds, at least
        self._script: AsyncScript | None = None
        self._obeying = FailureLog("having Redis look at its clock", ResponseError)

    async def publish(self, shard: Any, channel: str, message: bytes) -> None:
        """Has `message` published. Raises TimeoutError if Redis took it too late, and whatever redis raises.

        A Redis that does not let us use scripts publishes it whenever it takes it.
        """
        until = time.monotonic() + LAYER_SECONDS - WAY_BACK_SECONDS
        with self._obeying:
            await self._publish_until(until, shard, channel, message)
            return
        await shard.publish(channel, message)

    async def _publish_until(self, until: float, shard: Any, channel: str, message: bytes) -> None:
        async with shard._lock:  # as its own `publish` does: events stay in their order
            shard._ensure_redis()
            redis = shard._redis
            if self._script is None:
                self._script = redis.register_script(PUBLISH)
            if self._ahead is None:
                self._ahead = _ahead_by(*await redis.time())
            for _ in range(2):
                late, *now = await self._script([], [channel, message, until + self._ahead], redis)
                self._ahead = _ahead_by(*now)  # it may have been set, which is why there is a second time
                if not late:
                    return
            raise TimeoutError("Redis took it too late")


def _ahead_by(seconds: int | bytes, microseconds: int | bytes) -> float:
    """How many seconds this time of Redis, which is a moment old, is ahead of ours."""
    return int(seconds) + int(microseconds) / 1e6 - time.monotonic()


def _has(owner: object, names: Iterable[str]) -> bool:
    return all(hasattr(owner, name) for name in names)
