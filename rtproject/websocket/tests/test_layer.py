"""A layer that takes everything and gives nothing back is noticed, and all groups are joined anew."""

import asyncio
import logging

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from rtproject.websocket import fanout as fanout_module
from rtproject.websocket import layer as module
from rtproject.websocket.fanout import FanOut, broadcast
from rtproject.websocket.tests.helpers import soon
from rtproject.websocket.tests.layers import Listener


class GoesDeaf(InMemoryChannelLayer):
    """Hears nothing on the channel that was made first, as if the task that receives had ended."""

    deaf: str | None = None
    failures = 0  # how many of the next calls to join a group fail

    async def new_channel(self, prefix: str = "specific.") -> str:
        name = await super().new_channel(prefix)
        self.deaf = self.deaf or name
        return name

    async def send(self, channel: str, message: dict) -> None:
        if channel != self.deaf:
            await super().send(channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        if channel != self.deaf and self.failures:
            self.failures -= 1
            raise ConnectionError("not yet")
        await super().group_add(group, channel)


class Counts(InMemoryChannelLayer):
    """Sets `tested` when the hearing was tested three times."""

    def __init__(self) -> None:
        super().__init__()
        self.tests = 0
        self.tested = asyncio.Event()

    async def send(self, channel: str, message: dict) -> None:
        await super().send(channel, message)
        self.tests += message == {"type": module.HEARTBEAT}
        if self.tests == 3:
            self.tested.set()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAYER_SECONDS", 0.05)
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(fanout_module, "HEARTBEAT_SECONDS", 0.01)


@pytest.fixture
def deaf_layer():
    layer = GoesDeaf()
    before = channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", before)


@pytest.mark.parametrize("failures", [0, 2])
async def test_who_hears_nothing_joins_anew(deaf_layer, caplog, failures):
    """Members hear again what is said after that, also if the layer is not yet ready for it."""
    deaf_layer.failures = failures
    fanout, one, other = FanOut(), Listener(), Listener()
    await fanout.join("one", one)
    await fanout.join("other", other)
    await broadcast("one", "lost")

    async def heard_again() -> None:
        while one.silent or other.silent:
            await broadcast("one", "again")
            await broadcast("other", "again")
            await asyncio.sleep(0)

    await soon(heard_again())
    assert await one.heard() == "again"
    assert await other.heard() == "again"
    assert [record.levelno for record in caplog.records if "anew" in record.message] == [logging.ERROR]


async def test_a_layer_that_hears_is_left_alone(caplog):
    """The test of the hearing disturbs nobody, however often it is made."""
    layer = Counts()
    before = channel_layers.set("default", layer)
    try:
        fanout, member = FanOut(), Listener()
        await fanout.join("group", member)
        await soon(layer.tested.wait())
        await broadcast("group", "hello")
        assert await member.heard() == "hello"
    finally:
        channel_layers.set("default", before)
    assert "anew" not in caplog.text


async def test_only_the_connections_of_this_process_are_made_anew(monkeypatch):
    """The pub/sub layer is flushed, which is its own affair; no other layer is, whose flush may empty a database."""
    flushed = []

    async def flush(self) -> None:
        flushed.append(type(self).__name__)

    monkeypatch.setattr(InMemoryChannelLayer, "flush", flush)
    pubsub = RedisPubSubChannelLayer(hosts=["redis://127.0.0.1:1"])
    monkeypatch.setattr(RedisPubSubChannelLayer, "flush", flush, raising=False)
    for layer in (InMemoryChannelLayer(), pubsub):
        before = channel_layers.set("default", layer)
        try:
            await module.renew_layer()
        finally:
            channel_layers.set("default", before)
    assert flushed == ["RedisPubSubChannelLayer"]
