"""Several Valkeys under real servers and layers: each may restart, fail or hang by itself."""

import asyncio
import contextlib
import json
from functools import partial
from itertools import count

import pytest
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from channels_redis.pubsub import RedisPubSubChannelLayer

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.process import TIMEOUT
from rtproject.tests.support.servers import Daphne, Uvicorn
from rtproject.tests.support.valkey import Valkey
from rtproject.websocket import WebsocketConsumer
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import health
from rtproject.websocket.groups import registry as registry_module
from rtproject.websocket.groups.layer import ask_layer
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import soon
from rtproject.websocket.tests.layers import listeners


async def repeat_until_received(send, receive, word):
    """Call `send(word)` until `receive()` returns the word, since processes recover slowly."""

    async def listen():
        while await receive() != word:
            pass

    received = asyncio.create_task(listen())
    while not received.done():
        with contextlib.suppress(LayerUnavailable):
            await send(word)
        await asyncio.wait({received}, timeout=0.05)
    await received


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_after_a_restart_members_receive_each_others_messages(start_server, new_site, valkey, kind):
    """They need no reconnect; each failure is one line of log, without a traceback."""
    site = new_site(REDIS_URL=valkey.url, ROOMS_MESSAGE_RATE=0)
    first, second = start_server(kind, site=site), start_server(kind, site=site)
    async with first.connect("/ws/room") as ada, second.connect("/ws/room") as bob:
        for client in (ada, bob):
            await next_frame(client)

        async def assert_receives(sender, receiver, word):
            async def receive():
                return json.loads(await next_frame(receiver)).get("text")

            await repeat_until_received(sender.send, receive, word)

        await assert_receives(ada, bob, "before")
        for number in range(2):
            await asyncio.to_thread(valkey.restart)
            await assert_receives(ada, bob, f"to bob {number}")
            await assert_receives(bob, ada, f"to ada {number}")
    for server in (first, second):
        assert "Traceback" not in server.log
        lost = [line for line in server.log.splitlines() if "channels_redis" in line]
        assert len(lost) <= 2, lost


async def test_after_a_restart_consumers_of_channels_hear_other_processes(valkey, monkeypatch):
    """The channels of their groups are new then."""
    for module in (registry_module, health):
        monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 1.0)
    channel_layers.set("default", RedisPubSubChannelLayer(hosts=[valkey.url]))
    elsewhere = RedisPubSubChannelLayer(hosts=[valkey.url])

    class Chat(WebsocketConsumer):
        groups = ("chat",)

        async def chat_message(self, event):
            await self.send(text_data=event["text"])

    async def send(word):
        await ask_layer(elsewhere.group_send("chat", {"type": "chat.message", "text": word}))

    client = WebsocketCommunicator(Chat.as_asgi(), "/")
    await client.connect()
    await repeat_until_received(send, partial(client.receive_from, TIMEOUT), "before")
    await asyncio.to_thread(valkey.restart)
    await repeat_until_received(send, partial(client.receive_from, TIMEOUT), "after")
    await client.disconnect()
    await elsewhere.flush()


class TestShards:
    @pytest.fixture
    def valkeys(self, valkey):
        """Two servers."""
        other = Valkey()
        yield [valkey, other]
        other.kill()

    @pytest.fixture
    async def layer(self, valkeys, monkeypatch):
        """The layer over both, with frequent health checks."""
        for module in (registry_module, health):
            monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 1.0)
        layer = RedisPubSubChannelLayer(hosts=[server.url for server in valkeys])
        channel_layers.set("default", layer)
        return layer

    @staticmethod
    async def join_each(registry, layer):
        """Join a member to a group on each shard: by shard, the name of the group and the member."""
        members = {}
        for number in count():
            group = f"group-{number}"
            shard = layer._get_shard(layer._get_group_channel_name(group))
            if shard not in members:
                members[shard] = (group, *await listeners(registry, group))
            if len(members) == len(layer._shards):
                break
        return members

    @staticmethod
    async def assert_receives(place, word):
        group, member = place
        await repeat_until_received(lambda text: broadcast(group, text), member.heard, word)

    async def test_a_shard_that_lost_its_receiver_delivers_again(self, layer, caplog):
        """This holds for a shard without the process's own channel, too."""
        registry = GroupRegistry()
        members = await self.join_each(registry, layer)
        for place in members.values():
            await self.assert_receives(place, "before")
        own = layer._get_shard(registry._channel)
        [other] = set(members) - {own}
        other._receive_task.cancel()
        await soon(asyncio.wait({other._receive_task}))
        await self.assert_receives(members[other], "after")
        await self.assert_receives(members[own], "after")
        assert "all groups are joined again" in caplog.text

    async def test_a_shard_that_is_away_leaves_the_others_alone(self, layer, valkeys, monkeypatch, caplog):
        """A heartbeat that cannot be sent is not missed, so no group is joined again."""
        checked = asyncio.Semaphore(0)

        async def counted(call):
            try:
                await ask_layer(call)
            finally:
                checked.release()

        monkeypatch.setattr(health, "ask_layer", counted)
        members = await self.join_each(GroupRegistry(), layer)
        away, kept = layer._shards
        await asyncio.to_thread(valkeys[0].stop)
        with pytest.raises(LayerUnavailable):
            await broadcast(members[away][0], "for no one")
        for _ in range(16):  # two of each shard for a check
            await soon(checked.acquire())
        await self.assert_receives(members[kept], "still here")
        assert "joined again" not in caplog.text
