"""Whether what this process sends over the channel layer comes back to it: no layer says that it went deaf."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import ask_layer

HEARTBEAT_SECONDS = 3.0  # between two tests, and how long what was sent may be on its way
NEEDED = ("_shards", "_get_shard", "_get_group_channel_name")  # of a layer that has shards


class LayerHealth:
    """Tests that `channel` hears what is sent over `layer`: over each of its shards, as they fail one by one.

    A shard is tested by a group on it, of which nobody else is a member.
    """

    def __init__(self, layer: Any, channel: str) -> None:
        self.channel = channel
        self._layer = layer
        count, self._shard_of = _sharding(layer)
        self._groups: dict[object, str] = {}  # by shard
        while len(self._groups) < count:
            name = f"fanout.hearing.{secrets.token_hex(6)}"
            self._groups.setdefault(self._shard_of(name), name)
        self._heard: dict[object, asyncio.Event] = {}  # by shard, once its group is joined: that it was heard

    def notice(self, group: str) -> None:
        """An event of `group` came, whatever it was about."""
        heard = self._heard.get(self._shard_of(group))
        if heard is not None:
            heard.set()

    async def until_unhealthy(self) -> None:
        """Returns when a shard takes what we send to ourselves, and does not give it back."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not all(await asyncio.gather(*map(self._is_healthy, self._groups))):
                return

    async def _is_healthy(self, shard: object) -> bool:
        """False if nothing comes over the shard. While it is out of reach there is nothing to hear."""
        group = self._groups[shard]
        try:
            if shard not in self._heard:
                await ask_layer(self._layer.group_add(group, self.channel))
                self._heard[shard] = asyncio.Event()
            heard = self._heard[shard]
            heard.clear()
            await ask_layer(self._layer.group_send(group, {"type": "fanout.heartbeat", "group": group}))
        except LayerUnavailable:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await heard.wait()
        return heard.is_set()  # also if a busy loop came to both at one time


def _sharding(layer: Any) -> tuple[int, Callable[[str], object]]:
    """How many shards the layer has, and which of them has a group.

    Only channels_redis's pub/sub layer tells, without having promised it. Any other layer counts as one shard.
    """
    if not all(hasattr(layer, name) for name in NEEDED):
        return 1, lambda group: None
    get_shard, get_name = layer._get_shard, layer._get_group_channel_name
    return len(layer._shards), lambda group: get_shard(get_name(group))
