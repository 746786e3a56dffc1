"""A health check of the channel layer, since no layer says that it delivers nothing any more."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import ask_layer

HEARTBEAT_SECONDS = 3.0  # between two checks, and the time that an event may take
PARTS = 3  # of that time: a process that stood still has the rest of them to receive its events
NEEDED = ("_shards", "_get_shard", "_get_group_channel_name")  # by a layer with shards


class LayerHealth:
    """Checks that `channel` receives events from each shard of `layer`, since shards fail one by one.

    The receiver of the channel adds the group of each event to `received`. A heartbeat to a group of its own gives each
    shard something to deliver.
    """

    def __init__(self, layer: Any, channel: str) -> None:
        self.channel = channel
        self.received: set[str] = set()  # since the last check
        self._layer = layer
        count, self._shard_of = _sharding(layer)
        self._groups: dict[object, str] = {}  # by shard
        while len(self._groups) < count:
            name = f"health.{secrets.token_hex(6)}"
            self._groups.setdefault(self._shard_of(name), name)
        self._joined: set[str] = set()

    async def until_unhealthy(self) -> None:
        """Return when a shard has taken a heartbeat and delivered nothing."""
        taken = [False] * len(self._groups)  # by each shard: the last heartbeat
        while True:
            for _ in range(PARTS):
                await asyncio.sleep(HEARTBEAT_SECONDS / PARTS)
            delivering = {self._shard_of(group) for group in self.received}
            if any(took and shard not in delivering for shard, took in zip(self._groups, taken, strict=True)):
                return
            self.received.clear()
            taken = await asyncio.gather(*map(self._send_to, self._groups.values()))

    async def _send_to(self, group: str) -> bool:
        """Return whether the shard took a heartbeat; one that is out of reach has nothing to deliver."""
        try:
            if group not in self._joined:
                await ask_layer(self._layer.group_add(group, self.channel))
                self._joined.add(group)
            await ask_layer(self._layer.group_send(group, {"type": "health.heartbeat", "group": group}))
        except LayerUnavailable:
            return False
        return True


def _sharding(layer: Any) -> tuple[int, Callable[[str], object]]:
    """Return the number of shards of the layer, and a function that returns the shard of a group.

    Uses private attributes of the pub/sub layer of channels_redis. Any other layer counts as one shard.
    """
    if not all(hasattr(layer, name) for name in NEEDED):
        return 1, lambda group: None
    get_shard, get_name = layer._get_shard, layer._get_group_channel_name
    return len(layer._shards), lambda group: get_shard(get_name(group))
