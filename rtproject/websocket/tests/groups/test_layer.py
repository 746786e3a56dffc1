"""Renewal of a layer, and the limits of the layer in memory."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from channels import layers
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from rtproject.websocket.groups import layer as module
from rtproject.websocket.groups import registry as registry_module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import TIMEOUT
from rtproject.websocket.tests.layers import assert_receives, listeners


async def test_only_a_pubsub_layer_is_flushed(monkeypatch):
    """It renews its connections by that; the flush of another layer may empty a database."""
    flushed = []

    async def flush(self) -> None:
        flushed.append(type(self).__name__)

    monkeypatch.setattr(InMemoryChannelLayer, "flush", flush)
    monkeypatch.setattr(RedisPubSubChannelLayer, "flush", flush, raising=False)
    for layer in (InMemoryChannelLayer(), RedisPubSubChannelLayer(hosts=["redis://127.0.0.1:1"])):
        channel_layers.set("default", layer)
        await module.renew_layer()
    assert flushed == ["RedisPubSubChannelLayer"]


@pytest.fixture
async def site_layer(monkeypatch):
    """The in-memory layer as the site's settings make it."""
    config: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    layer = InMemoryChannelLayer(**config)
    monkeypatch.setattr(registry_module, "get_channel_layer", lambda: layer)
    return layer


@pytest.mark.usefixtures("site_layer")
async def test_the_layer_in_memory_has_room_for_thousands(monkeypatch):
    """They may all come before the process receives the first."""
    monkeypatch.setattr(module, "LAYER_TIMEOUT", TIMEOUT)  # how long that takes does not matter here
    [member] = await listeners(GroupRegistry(), "group")
    texts = [str(number) for number in range(2_000)]
    await asyncio.gather(*(broadcast("group", text) for text in texts))
    assert [await member.heard() for _ in texts] == texts


async def test_neither_memberships_nor_events_expire_in_memory(site_layer, monkeypatch):
    """Years later a member still receives events: the layer's own expiry is a day, and a minute for events."""
    await site_layer.group_add("group", "channel")
    await site_layer.group_send("group", {"number": 1})
    [member] = await listeners(GroupRegistry(), "group")
    later = time.time() + 5 * 365 * 86400
    monkeypatch.setattr(layers, "time", SimpleNamespace(time=lambda: later))
    await assert_receives("group", member)
    assert (await site_layer.receive("channel"))["number"] == 1
