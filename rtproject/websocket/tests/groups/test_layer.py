"""Calls to the channel layer, and what the layer in memory keeps."""

import asyncio
import time
from typing import Any

import pytest
from channels import layers
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from rtproject.websocket.groups import layer as module
from rtproject.websocket.groups import registry as fanout_module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import PATIENCE
from rtproject.websocket.tests.layers import Listener


async def test_only_the_connections_of_this_process_are_made_anew(monkeypatch):
    """A pub/sub layer is flushed, which is its own affair; no other layer is, whose flush may empty a database."""
    flushed = []

    async def flush(self) -> None:
        flushed.append(type(self).__name__)

    monkeypatch.setattr(InMemoryChannelLayer, "flush", flush)
    hosts = ["redis://127.0.0.1:1"]
    monkeypatch.setattr(RedisPubSubChannelLayer, "flush", flush, raising=False)
    for layer in (InMemoryChannelLayer(), RedisPubSubChannelLayer(hosts=hosts)):
        channel_layers.set("default", layer)
        await module.renew_layer()
    assert flushed == ["RedisPubSubChannelLayer"]


@pytest.fixture
async def site_layer(monkeypatch):
    """The in-memory layer as the site's settings make it."""
    config: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    layer = InMemoryChannelLayer(**config)
    monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: layer)
    return layer


@pytest.mark.usefixtures("site_layer")
async def test_the_layer_in_memory_has_room_for_thousands(monkeypatch):
    """Before the process has its turn to receive any of them."""
    monkeypatch.setattr(module, "LAYER_TIMEOUT", PATIENCE)  # how long that takes is another matter
    fanout, member = GroupRegistry(), Listener()
    await fanout.join("group", member)
    texts = [str(number) for number in range(2_000)]
    await asyncio.gather(*(broadcast("group", text) for text in texts))
    assert [await member.heard() for _ in texts] == texts


@pytest.mark.usefixtures("site_layer")
async def test_a_membership_outlives_every_connection(monkeypatch):
    """Years after it joined, a member hears what is said: the layer's own expiry would be a day."""
    fanout, member = GroupRegistry(), Listener()
    await fanout.join("group", member)
    now = time.time

    class Later:
        @staticmethod
        def time():
            return now() + 5 * 365 * 86400

    monkeypatch.setattr(layers, "time", Later)
    for content in ("hello", "again"):
        await broadcast("group", content)
        assert await member.heard() == content


async def test_what_waits_long_throws_nobody_out(site_layer, monkeypatch):
    """An event that a busy process has not received for an hour is still received, and the groups are whole."""
    await site_layer.group_add("group", "channel")
    await site_layer.group_send("group", {"number": 1})
    now = time.time

    class Later:
        @staticmethod
        def time():
            return now() + 3600

    monkeypatch.setattr(layers, "time", Later)
    await site_layer.group_send("group", {"number": 2})
    assert [(await site_layer.receive("channel"))["number"] for _ in range(2)] == [1, 2]
