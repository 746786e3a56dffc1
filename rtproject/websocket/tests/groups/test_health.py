"""A layer that takes everything and delivers nothing is noticed, and all groups are joined again."""

import asyncio

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from rtproject.websocket.groups import health as module
from rtproject.websocket.groups import registry as registry_module
from rtproject.websocket.groups.health import LayerHealth
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.layers import Layer, Listener, assert_receives, listeners


class LosesReceiver(InMemoryChannelLayer):
    """Delivers nothing on the channel that was made first, as if its receiving task had ended."""

    broken: str | None = None
    failures = 0  # how many of the next calls to join a group fail
    refused: str | None = None  # a group that cannot be joined any more

    async def new_channel(self, prefix: str = "specific.") -> str:
        name = await super().new_channel(prefix)
        self.broken = self.broken or name
        return name

    async def receive(self, channel: str) -> dict:
        if channel == self.broken:
            await asyncio.Event().wait()
        return await super().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        if channel != self.broken and (self.failures > 0 or group == self.refused):
            self.failures -= 1
            raise ConnectionError("not yet")
        await super().group_add(group, channel)


@pytest.fixture(autouse=True)
def _frequent_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(registry_module, "HEARTBEAT_SECONDS", 0.01)


@pytest.fixture
def broken_layer():
    layer = LosesReceiver()
    channel_layers.set("default", layer)
    return layer


async def until_received(**members: Listener) -> None:
    """Broadcast to each group until its member receives something."""

    async def repeat() -> None:
        while any(member.silent for member in members.values()):
            for group in members:
                await broadcast(group, "again")
            await asyncio.sleep(0)

    await soon(repeat())


@pytest.mark.parametrize("failures", [0, 2])
async def test_a_layer_that_delivers_nothing_is_joined_again(broken_layer, caplog, failures):
    """Members receive later events, also if the layer is not ready at once; it is logged once."""
    broken_layer.failures = failures
    one, other = await listeners(GroupRegistry(), "one", "other")
    await broadcast("one", "lost")
    await until_received(one=one, other=other)
    assert await one.heard() == "again"
    assert await other.heard() == "again"
    assert [record.levelname for record in caplog.records if "joined again" in record.message] == ["ERROR"]


async def test_a_group_that_cannot_be_joined_delays_no_other(broken_layer):
    """The shard of one group may stay out of reach."""
    broken_layer.refused = "one"
    one, other = await listeners(GroupRegistry(), "one", "other")
    await until_received(other=other)
    assert one.silent


@pytest.mark.usefixtures("broken_layer")
async def test_a_join_during_the_renewal_waits_for_it(monkeypatch):
    """The layer would forget a group that is joined in between."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def renew() -> None:
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(registry_module, "renew_layer", renew)
    registry, newcomer = GroupRegistry(), Listener()
    await listeners(registry, "group")
    await soon(begun.wait())
    join = asyncio.create_task(registry.join("another", newcomer))
    await settle()
    assert not join.done()
    go_on.set()
    await soon(join)
    await assert_receives("another", newcomer)


async def test_a_layer_that_is_out_of_reach_is_not_unhealthy():
    """A heartbeat that it did not take cannot come back."""
    tried = asyncio.Semaphore(0)

    class Away(Layer):
        async def group_send(self, group: str, event: dict) -> None:
            tried.release()
            await super().group_send(group, event)

    layer = Away()
    layer.failing = {"group_send"}
    unhealthy = asyncio.create_task(LayerHealth(layer, "channel").until_unhealthy())
    for _ in range(3):
        await soon(tried.acquire())
    assert not unhealthy.done()
    layer.failing.clear()
    await soon(unhealthy)


async def test_a_healthy_layer_is_left_alone(caplog):
    """The checks disturb no member."""
    checked = asyncio.Semaphore(0)

    class Counting(InMemoryChannelLayer):
        async def group_send(self, group: str, message: dict) -> None:
            await super().group_send(group, message)
            if message["type"] == "health.heartbeat":
                checked.release()

    channel_layers.set("default", Counting())
    [member] = await listeners(GroupRegistry(), "group")
    for _ in range(3):
        await soon(checked.acquire())
    await assert_receives("group", member)
    assert member.silent
    assert "joined again" not in caplog.text
