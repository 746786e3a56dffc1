"""Events over Redis that nobody hears after their sender gave them up, on real Valkeys."""

import asyncio
import contextlib

import pytest
from channels.layers import channel_layers
from redis import Redis

from rtproject.websocket import punctual
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import layer as layer_module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.punctual import PunctualRedisLayer
from rtproject.websocket.tests.layers import Listener


@pytest.fixture
async def layer(valkey, monkeypatch):
    """The layer of this process, in which nobody waits for long."""
    for module in (layer_module, punctual):
        monkeypatch.setattr(module, "LAYER_SECONDS", 1.0)
    layer = PunctualRedisLayer(hosts=[valkey.url])
    channel_layers.set("default", layer)
    return layer


@pytest.fixture
async def member(layer):
    """Somebody in the group."""
    member = Listener()
    await GroupRegistry().join("group", member)
    return member


async def test_events_are_heard_in_their_order(member):
    """However many are published at once."""
    await asyncio.gather(*(broadcast("group", str(number)) for number in range(50)))
    assert [await member.heard() for _ in range(50)] == [str(number) for number in range(50)]


async def test_what_was_given_up_is_not_heard_when_redis_goes_on(member, valkey):
    """It has the command in its buffer then. What is said again is heard once."""
    await broadcast("group", "before")
    valkey.pause()
    with pytest.raises(LayerUnavailable):
        await broadcast("group", "again")
    valkey.resume()
    await broadcast("group", "again")
    await broadcast("group", "after")
    assert [await member.heard() for _ in range(3)] == ["before", "again", "after"]


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
async def test_a_clock_that_was_set_costs_nothing_but_another_look(layer, member, seconds):
    """Ours beside that of Redis, or that of Redis beside ours."""
    await broadcast("group", "before")
    (publisher,) = layer._publishers.values()
    publisher._ahead += seconds
    await broadcast("group", "after")
    assert [await member.heard() for _ in range(2)] == ["before", "after"]


@pytest.mark.parametrize("needed", ["NEEDED", "SHARD_NEEDED"])
async def test_a_channels_redis_that_hides_its_shards_publishes_all_the_same(member, monkeypatch, needed):
    """As it always did."""
    monkeypatch.setattr(punctual, needed, ("no_such_attribute",))
    await broadcast("group", "hello")
    assert await member.heard() == "hello"


async def test_a_redis_that_forbids_scripts_publishes_all_the_same(member, valkey, caplog):
    """It is said once what that means."""
    with Redis.from_url(valkey.url) as admin:
        admin.execute_command("ACL", "SETUSER", "default", "-@scripting")
    for number in range(3):
        await broadcast("group", str(number))
    assert [await member.heard() for _ in range(3)] == ["0", "1", "2"]
    (warning,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("having Redis look at its clock fails, and is tried again: NoPermissionError")


async def test_after_a_restart_of_redis_events_are_heard(member, valkey):
    """Which has forgotten the script, too."""
    await broadcast("group", "before")
    assert await member.heard() == "before"
    valkey.restart()
    heard = asyncio.create_task(member.heard())
    while not heard.done():
        with contextlib.suppress(LayerUnavailable):
            await broadcast("group", "after")
        await asyncio.wait({heard}, timeout=0.1)
    assert await heard == "after"
