"""Calls to the channel layer with a timeout and a single exception."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from channels.layers import get_channel_layer

from rtproject.websocket.exceptions import LayerUnavailable

T = TypeVar("T")

LAYER_TIMEOUT = 3.0  # seconds for a call to the layer, which would hang as long as a Redis is paused
CLOSE_TIMEOUT = 0.5  # seconds; longer only if the other end does not answer


async def ask_layer(call: Awaitable[T]) -> T:
    """Await a call to the layer.

    Raises LayerUnavailable if it fails or takes longer than LAYER_TIMEOUT.
    """
    try:
        async with asyncio.timeout(LAYER_TIMEOUT):
            return await call
    except Exception as error:  # each layer has exceptions of its own, and all of them mean this
        raise LayerUnavailable("the channel layer is out of reach") from error


async def renew_layer() -> None:
    """Make the layer drop its connections and subscriptions, if they are of this process alone.

    After a failure of Redis the receiving task of channels_redis's pub/sub layer may never come back (seen in about one
    of ten restarts). Its `flush` starts over with new connections; that of the other Redis layer would empty the
    database.
    """
    layer: Any = get_channel_layer()
    if "RedisPubSubChannelLayer" not in (kind.__name__ for kind in type(layer).__mro__):
        return
    for shard in getattr(layer, "_shards", ()):
        if getattr(shard, "_receive_task", None):
            shard._receive_task.cancel()  # while it handles a lost connection it may miss this
        if getattr(shard, "_redis", None):  # a call that hangs holds a lock that `flush` waits for
            with suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await shard._redis.connection_pool.disconnect()
    await ask_layer(layer.flush())
