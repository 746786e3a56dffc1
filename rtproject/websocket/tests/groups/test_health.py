"""A layer that takes everything and gives nothing back is noticed, and all groups are joined again."""

import asyncio
import logging

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from rtproject.websocket.groups import health as module
from rtproject.websocket.groups import registry as fanout_module
from rtproject.websocket.groups.health import LayerHealth
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.layers import Layer, Listener


class GoesDeaf(InMemoryChannelLayer):
    """Hears nothing on the channel that was made first, as if the task that receives had ended."""

    deaf: str | None = None
    failures = 0  # how many of the next calls to join a group fail
    refused: str | None = None  # a group that cannot be joined any more

    async def new_channel(self, prefix: str = "specific.") -> str:
        name = await super().new_channel(prefix)
        self.deaf = self.deaf or name
        return name

    async def receive(self, channel: str) -> dict:
        if channel == self.deaf:
            await asyncio.Event().wait()
        return await super().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        if channel != self.deaf and (self.failures > 0 or group == self.refused):
            self.failures -= 1
            raise ConnectionError("not yet")
        await super().group_add(group, channel)


class Counts(InMemoryChannelLayer):
    """Sets `tested` when the hearing was tested three times."""

    def __init__(self) -> None:
        super().__init__()
        self.tests = 0
        self.tested = asyncio.Event()

    async def group_send(self, group: str, message: dict) -> None:
        await super().group_send(group, message)
        self.tests += message["type"] == "health.heartbeat"
        if self.tests == 3:
            self.tested.set()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(fanout_module, "HEARTBEAT_SECONDS", 0.01)


@pytest.fixture
def deaf_layer():
    layer = GoesDeaf()
    channel_layers.set("default", layer)
    return layer


@pytest.mark.parametrize("failures", [0, 2])
async def test_who_hears_nothing_joins_anew(deaf_layer, caplog, failures):
    """Members hear again what is said after that, also if the layer is not yet ready for it."""
    deaf_layer.failures = failures
    fanout, one, other = GroupRegistry(), Listener(), Listener()
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
    assert [record.levelno for record in caplog.records if "joined again" in record.message] == [
        logging.ERROR
    ]


async def test_a_group_that_cannot_be_joined_keeps_no_other_waiting(deaf_layer):
    """The shard of one group may be out of reach for as long as it likes."""
    deaf_layer.refused = "one"
    fanout, one, other = GroupRegistry(), Listener(), Listener()
    await fanout.join("one", one)
    await fanout.join("other", other)

    async def heard_again() -> None:
        while other.silent:
            await broadcast("other", "again")
            await asyncio.sleep(0)

    await soon(heard_again())
    assert one.silent


@pytest.mark.usefixtures("deaf_layer")
async def test_who_joins_while_the_layer_is_made_anew_waits_for_it(monkeypatch):
    """The layer would forget what was joined in between."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def renew() -> None:
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(fanout_module, "renew_layer", renew)
    fanout, member, newcomer = GroupRegistry(), Listener(), Listener()
    await fanout.join("group", member)
    await soon(begun.wait())
    join = asyncio.create_task(fanout.join("another", newcomer))
    await settle()
    assert not join.done()
    go_on.set()
    await soon(join)
    await broadcast("another", "hello")
    assert await newcomer.heard() == "hello"


async def test_a_layer_that_is_out_of_reach_is_not_deaf():
    """What it did not take cannot come back; what it did take can."""
    tried = asyncio.Semaphore(0)

    class Away(Layer):
        async def group_send(self, group: str, event: dict) -> None:
            tried.release()
            await super().group_send(group, event)

    layer = Away()
    layer.failing = {"group_send"}
    deaf = asyncio.create_task(LayerHealth(layer, "channel").until_unhealthy())
    for _ in range(3):
        await soon(tried.acquire())
    assert not deaf.done()
    layer.failing.clear()
    await soon(deaf)


async def test_a_layer_that_hears_is_left_alone(caplog):
    """The test of the hearing disturbs nobody, however often it is made."""
    layer = Counts()
    channel_layers.set("default", layer)
    fanout, member = GroupRegistry(), Listener()
    await fanout.join("group", member)
    await soon(layer.tested.wait())
    await broadcast("group", "hello")
    assert await member.heard() == "hello"
    assert "joined again" not in caplog.text
