"""Calls to the channel layer: none takes long, all fail with one exception, and a layer that went deaf is made anew."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from channels.layers import get_channel_layer

from rtproject.websocket.errors import Unavailable

T = TypeVar("T")

LAYER_SECONDS = 3.0  # no call to the layer may take longer: a paused Redis would hang it for ever
HEARTBEAT_SECONDS = 3.0  # between two tests of whether we hear
HEARTBEAT = "fanout.heartbeat"


async def ask_layer(call: Awaitable[T]) -> T:
    """Awaits a call to the layer. Raises Unavailable if it fails or takes longer than LAYER_SECONDS."""
    try:
        async with asyncio.timeout(LAYER_SECONDS):
            return await call
    except Exception as error:  # each layer has exceptions of its own, and all of them mean the same to us
        raise Unavailable("the channel layer is out of reach") from error


async def until_deaf(channel: str, heard: asyncio.Event) -> None:
    """Returns when the layer takes what we send to our own `channel`, and does not give it back to us.

    `heard` is set by whoever receives a HEARTBEAT. While the layer is out of reach there is nothing to hear.
    """
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        heard.clear()
        try:
            await ask_layer(get_channel_layer().send(channel, {"type": HEARTBEAT}))
        except Unavailable:
            continue
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await heard.wait()
        except TimeoutError:
            return


async def renew_layer() -> None:
    """Makes the layer forget its connections and subscriptions, where that is this process's own affair.

    After an outage of Redis the receiving task of channels_redis's pub/sub layer may never come back (seen in about one
    of ten restarts). Its `flush` starts over with new connections. The other Redis layer's would empty the database.
    """
    layer: Any = get_channel_layer()
    if type(layer).__name__ == "RedisPubSubChannelLayer":
        await ask_layer(layer.flush())
