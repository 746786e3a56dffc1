"""Several Valkeys that share the groups between them: each may fail by itself."""

import asyncio
import contextlib
from itertools import count

import pytest
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from rtproject.tests.support.valkey import Valkey
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import health as hearing
from rtproject.websocket.groups import registry as fanout_module
from rtproject.websocket.groups.layer import ask_layer
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import soon
from rtproject.websocket.tests.layers import Listener


@pytest.fixture
def valkeys(valkey):
    """Two servers."""
    other = Valkey()
    yield [valkey, other]
    other.kill()


@pytest.fixture
async def layer(valkeys, monkeypatch):
    """The layer over both, whose hearing is tested often."""
    for module in (fanout_module, hearing):
        monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.2)
    layer = RedisPubSubChannelLayer(hosts=[server.url for server in valkeys])
    channel_layers.set("default", layer)
    return layer


def shard_of(layer, group):
    """What connects the layer to the Valkey that has `group`."""
    return layer._get_shard(layer._get_group_channel_name(group))


async def joined(fanout, layer):
    """A member of a group on each shard: by shard, the name of the group and the member."""
    members = {}
    for number in count():
        group = f"group-{number}"
        if shard_of(layer, group) not in members:
            members[shard_of(layer, group)] = group, Listener()
        if len(members) == len(layer._shards):
            break
    for group, member in members.values():
        await fanout.join(group, member)
    return members


async def assert_heard(place, word):
    """Says `word` in a group until its member hears it; `place` are both."""
    group, member = place

    async def listen():
        while await member.heard() != word:
            pass

    heard = asyncio.create_task(listen())
    while not heard.done():
        with contextlib.suppress(LayerUnavailable):
            await broadcast(group, word)
        await asyncio.wait({heard}, timeout=0.02)
    await heard


async def test_a_shard_that_lost_its_receiver_is_heard_again(layer, caplog):
    """Also one that does not have the process's own channel."""
    fanout = GroupRegistry()
    members = await joined(fanout, layer)
    for place in members.values():
        await assert_heard(place, "before")
    own = layer._get_shard(fanout._channel)
    [other] = set(members) - {own}
    other._receive_task.cancel()
    await soon(asyncio.wait({other._receive_task}))
    await assert_heard(members[other], "after")
    await assert_heard(members[own], "after")
    assert "all groups are joined again" in caplog.text


async def test_a_shard_that_is_away_leaves_the_others_alone(layer, valkeys, monkeypatch, caplog):
    """What cannot be sent cannot be heard: nothing is joined again, and the other groups go on."""
    tested = asyncio.Semaphore(0)
    ask = ask_layer

    async def counted(call):
        try:
            await ask(call)
        finally:
            tested.release()

    monkeypatch.setattr(hearing, "ask_layer", counted)
    members = await joined(GroupRegistry(), layer)
    away, kept = layer._shards
    await asyncio.to_thread(valkeys[0].stop)
    with pytest.raises(LayerUnavailable):
        await broadcast(members[away][0], "nobody hears this")
    for _ in range(8):  # more than two of each shard
        await soon(tested.acquire())
    await assert_heard(members[kept], "still here")
    assert "joined again" not in caplog.text
