"""A health check of the channel layer: no layer says that it brings nothing any more."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import ask_layer

HEARTBEAT_SECONDS = 3.0  # between two looks, and how long an event may be on its way
PARTS = 3  # of that time: a process that stood still has the rest of them to receive what has come
NEEDED = ("_shards", "_get_shard", "_get_group_channel_name")  # of a layer that has shards


class LayerHealth:
    """A test that `channel` hears each shard of `layer`, as they fail one by one.

    The receiver of the channel adds the group of each event to `received`. So that a quiet shard has something to
    bring, an event is sent to a group on it that has no other member.
    """

    def __init__(self, layer: Any, channel: str) -> None:
        self.channel = channel
        self.received: set[str] = set()  # since the last look
        self._layer = layer
        count, self._shard_of = _sharding(layer)
        self._groups: dict[object, str] = {}  # by shard
        while len(self._groups) < count:
            name = f"fanout.hearing.{secrets.token_hex(6)}"
            self._groups.setdefault(self._shard_of(name), name)
        self._joined: set[str] = set()

    async def until_unhealthy(self) -> None:
        """Return when a shard has taken an event for us and brought nothing."""
        taken = [False] * len(self._groups)  # whether each shard took the last event
        while True:
            for _ in range(PARTS):
                await asyncio.sleep(HEARTBEAT_SECONDS / PARTS)
            heard = {self._shard_of(group) for group in self.received}
            if any(took and shard not in heard for shard, took in zip(self._groups, taken, strict=True)):
                return
            self.received.clear()
            taken = await asyncio.gather(*map(self._send_to, self._groups.values()))

    async def _send_to(self, group: str) -> bool:
        """Whether the shard took it. While it is out of reach there is nothing to hear."""
        try:
            if group not in self._joined:
                await ask_layer(self._layer.group_add(group, self.channel))
                self._joined.add(group)
            await ask_layer(self._layer.group_send(group, {"type": "fanout.heartbeat", "group": group}))
        except LayerUnavailable:
            return False
        return True


def _sharding(layer: Any) -> tuple[int, Callable[[str], object]]:
    """How many shards the layer has, and which of them has a group.

    Only the pub/sub layer of channels_redis tells, without having promised it. Any other layer counts as one shard.
    """
    if not all(hasattr(layer, name) for name in NEEDED):
        return 1, lambda group: None
    get_shard, get_name = layer._get_shard, layer._get_group_channel_name
    return len(layer._shards), lambda group: get_shard(get_name(group))
