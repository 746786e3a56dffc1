"""A health check of the channel layer, since no layer says that it does not reach every process any more."""

import asyncio
import random
import secrets
from collections.abc import Callable
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import ask_layer

HEARTBEAT_SECONDS = 3.0  # between two checks
ANSWER_SHARE = 0.25  # of that time: until a heartbeat must have come back
PARTS = 3  # of that wait: a process that stood still has the rest of them to receive its events
KEY_MILLISECONDS = 10_000  # until Redis forgets the word of a check
# Attributes of the pub/sub layer of channels_redis and of its shards.
NEEDED = ("_shards", "_get_shard", "_get_group_channel_name")
NEEDED_OF_SHARDS = ("host", "channel_layer", "_lock", "_ensure_redis")


class LayerHealth:
    """Checks each shard of `layer`, since shards fail one by one.

    A heartbeat to a group of its own gives each shard something to deliver to `channel`; the receiver of the channel
    adds the group of each event to `received`. A shard of Redis must also be the server that its address leads to,
    and take writes: a former primary goes on delivering to the processes that are still connected to it.
    """

    def __init__(self, layer: Any, channel: str) -> None:
        self.channel = channel
        self.received: set[str] = set()  # since the last check
        self._layer = layer
        count, self._shard_of = _sharding(layer)
        self._groups: dict[Any, str] = {}  # by shard
        while len(self._groups) < count:
            name = f"health.{secrets.token_hex(6)}"
            self._groups.setdefault(self._shard_of(name), name)
        self._joined: set[str] = set()

    async def until_unhealthy(self) -> None:
        """Return when new connections to a shard would do better than those of the layer."""
        # Not all processes at once: they begin together, and notice a failure together.
        await asyncio.sleep(HEARTBEAT_SECONDS * random.random())  # noqa: S311 (not a secret)
        while True:
            self.received.clear()
            if any(await asyncio.gather(*(self._is_unhealthy(*each) for each in self._groups.items()))):
                return
            await asyncio.sleep(HEARTBEAT_SECONDS * (1 - ANSWER_SHARE))

    async def _is_unhealthy(self, shard: Any, group: str) -> bool:
        word = secrets.token_hex(6).encode()
        tasks = [asyncio.create_task(self._send_to(group)), asyncio.create_task(_write(shard, group, word))]
        try:
            for _ in range(PARTS):
                await asyncio.sleep(HEARTBEAT_SECONDS * ANSWER_SHARE / PARTS)
            taken, written = (task.done() and task.result() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
        if taken and shard not in map(self._shard_of, self.received):
            return True
        if shard is None:
            return False
        found = await _exchange(shard, group, word)
        return found is not None and not (taken and written and found == word)

    async def _send_to(self, group: str) -> bool:
        """Return whether the shard took a heartbeat, which it must then deliver."""
        try:
            if group not in self._joined:
                await ask_layer(self._layer.group_add(group, self.channel))
                self._joined.add(group)
            await ask_layer(self._layer.group_send(group, {"type": "health.heartbeat", "group": group}))
        except LayerUnavailable:
            return False
        return True


def _sharding(layer: Any) -> tuple[int, Callable[[str], Any]]:
    """Return the number of shards, and a function that returns the shard of a group.

    Uses private attributes of the pub/sub layer of channels_redis. Any other layer counts as one shard, None.
    """
    if not all(hasattr(layer, name) for name in NEEDED):
        return 1, lambda group: None
    if not all(hasattr(shard, name) for shard in layer._shards for name in NEEDED_OF_SHARDS):
        return 1, lambda group: None
    get_shard, get_name = layer._get_shard, layer._get_group_channel_name
    return len(layer._shards), lambda group: get_shard(get_name(group))


def _key(shard: Any, group: str) -> str:
    key: str = shard.channel_layer._get_group_channel_name(group)  # which begins with the prefix of the site
    return key


async def _write(shard: Any, group: str, word: bytes) -> bool:
    """Return whether the shard's own connection, the one that publishes, took a write."""
    if shard is None:
        return True
    try:
        async with shard._lock:
            shard._ensure_redis()
            await ask_layer(shard._redis.set(_key(shard, group), word, px=KEY_MILLISECONDS))
    except LayerUnavailable:
        return False
    return True


async def _exchange(shard: Any, group: str, word: bytes) -> bytes | None:
    """Write by a new connection, and return what was there before; None if that fails."""
    from channels_redis.utils import create_pool
    from redis.asyncio import Redis

    pool: Any = create_pool(shard.host)
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS * ANSWER_SHARE * 2), Redis.from_pool(pool) as redis:
            before: Any = await redis.set(_key(shard, group), word, px=KEY_MILLISECONDS, get=True)
            return before or b""
    except Exception:  # of redis, asyncio or the system: a new connection would do no better
        return None
    finally:
        if hasattr(pool, "sentinel_manager"):
            await pool.sentinel_manager.aclose()
