"""The pub/sub layer of channels_redis, except that nothing is published after its sender gave it up.

A Redis that stands still for a while has commands in its buffers, and obeys them when it goes on. What was answered
"unavailable" meanwhile would be heard after all, and what was said again would be heard twice. So each event bears a
time by Redis's own clock, after which Redis itself leaves it alone.
"""

import time
from typing import Any
from weakref import WeakKeyDictionary

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.commands.core import AsyncScript
from redis.exceptions import ResponseError

from rtproject.websocket.hearing import NEEDED
from rtproject.websocket.layer import LAYER_SECONDS
from rtproject.websocket.outage import Outage

WAY_BACK_SECONDS = 0.5  # of these LAYER_SECONDS: for Redis's answer, so that what it did publish is known
MEASURED_SECONDS = 60.0  # no two clocks go equally fast
LATE = -1
PUBLISH = f"""
local now = redis.call('TIME')
if now[1] + now[2] / 1000000 > tonumber(ARGV[2]) then return {LATE} end
return redis.call('PUBLISH', KEYS[1], ARGV[1])
"""


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
        if not all(hasattr(layer, name) for name in NEEDED):
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
        self._ahead = 0.0  # seconds, at least
        self._measured: float | None = None
        self._script: AsyncScript | None = None
        self._obeying = Outage("having Redis look at its clock", ResponseError)

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
            if self._measured is None or time.monotonic() > self._measured + MEASURED_SECONDS:
                await self._measure(redis)
            if self._script is None:
                self._script = redis.register_script(PUBLISH)
            for _ in range(2):
                if await self._script([channel], [message, until + self._ahead], redis) != LATE:
                    return
                await self._measure(redis)  # perhaps its clock was set
            raise TimeoutError("Redis took it too late")

    async def _measure(self, redis: Any) -> None:
        seconds, microseconds = await redis.time()
        self._measured = time.monotonic()
        self._ahead = seconds + microseconds / 1e6 - self._measured
