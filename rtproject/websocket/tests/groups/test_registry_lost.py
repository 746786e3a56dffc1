"""What a channel layer loses: that it is noticed, and that ours does not lose members with time."""

import asyncio
import time
from typing import Any

import pytest
from channels import layers
from channels.layers import InMemoryChannelLayer
from django.conf import settings

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import layer as layer_module
from rtproject.websocket.groups import registry as module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import PATIENCE, settle
from rtproject.websocket.tests.layers import Listener, raw_event

CAPACITY = 5


@pytest.fixture
async def small(monkeypatch):
    """The in-memory layer of Channels with room for CAPACITY events."""
    layer = InMemoryChannelLayer(capacity=CAPACITY)
    monkeypatch.setattr(module, "get_channel_layer", lambda: layer)
    return layer


@pytest.fixture
async def site_layer(monkeypatch):
    """The in-memory layer as the site's settings make it."""
    config: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    layer = InMemoryChannelLayer(**config)
    monkeypatch.setattr(module, "get_channel_layer", lambda: layer)
    return layer


async def overrun(first, count):
    """Sends `count` events before the fan-out has its turn to receive any."""
    await asyncio.gather(*(broadcast("group", str(number)) for number in range(first, first + count)))


class TestOverrun:
    @pytest.mark.usefixtures("small")
    async def test_what_the_layer_dropped_is_counted(self, caplog):
        """The next event that comes through tells how many did not; the log says it once and goes on counting."""
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        for round_ in (1, 2):
            await overrun(0, 20)
            assert [await member.heard() for _ in range(CAPACITY)] == ["0", "1", "2", "3", "4"]
            await broadcast("group", "after")
            assert await member.heard() == "after"
            assert fanout.lost == round_ * (20 - CAPACITY)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "loses events" in caplog.text

    @pytest.mark.usefixtures("small")
    async def test_nothing_is_counted_while_nothing_is_lost(self, caplog):
        """As many as there is room for come through, in whatever groups."""
        fanout, member = GroupRegistry(), Listener()
        for group in ("group", "another"):
            await fanout.join(group, member)
        for _ in range(10):
            await overrun(0, CAPACITY)
            await broadcast("another", "x")
            assert [await member.heard() for _ in range(CAPACITY + 1)] == ["0", "1", "2", "3", "4", "x"]
        assert fanout.lost == 0
        assert caplog.records == []

    @pytest.mark.usefixtures("site_layer")
    async def test_the_sites_own_layer_has_room(self, monkeypatch):
        """Thousands at once, as many as its settings say, are no overrun."""
        monkeypatch.setattr(layer_module, "LAYER_SECONDS", PATIENCE)  # how long that takes is another matter
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        await overrun(0, 10_000)
        assert [await member.heard() for _ in range(10_000)] == [str(number) for number in range(10_000)]
        assert fanout.lost == 0


class TestHoles:
    async def test_what_the_layer_did_not_take_is_not_lost(self, layer):
        """Its sender was told so: an outage is no loss, however long it lasts."""
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        await broadcast("group", "before")
        layer.failing = {"group_send"}
        for _ in range(5):
            with pytest.raises(LayerUnavailable):
                await broadcast("group", "not sent")
        layer.failing.clear()
        await broadcast("group", "after")
        assert [await member.heard() for _ in range(2)] == ["before", "after"]
        assert fanout.lost == 0

    async def test_each_sender_and_group_has_numbers_of_its_own(self, layer):
        """What another process says, and what is said elsewhere, fills no hole and makes none."""
        fanout, member = GroupRegistry(), Listener()
        for group in ("group", "another"):
            await fanout.join(group, member)
        for sender, group, number in [
            ("a", "group", 7),
            ("b", "group", 1),
            ("a", "another", 3),
            ("a", "group", 9),
        ]:
            layer.incoming.put_nowait(raw_event("x", group, number, sender))
            assert await member.heard() == "x"
        assert fanout.lost == 1

    async def test_what_was_said_while_nobody_listened_is_not_lost(self, layer):
        """A group that was left and joined again begins anew."""
        fanout, member = GroupRegistry(), Listener()
        for number in (1, 8):
            await fanout.join("group", member)
            layer.incoming.put_nowait(raw_event("x", number=number))
            assert await member.heard() == "x"
            await fanout.leave("group", member)
        assert fanout.lost == 0

    async def test_nor_is_it_when_somebody_comes_while_the_last_one_leaves(self, layer):
        """Between the leave and the join of the layer's group nothing was meant for this process either."""
        fanout, last, newcomer = GroupRegistry(), Listener(), Listener()
        await fanout.join("group", last)
        layer.incoming.put_nowait(raw_event("x", number=1))
        assert await last.heard() == "x"
        layer.gate.clear()
        leave = asyncio.create_task(fanout.leave("group", last))
        await settle()
        join = asyncio.create_task(fanout.join("group", newcomer))
        await settle()
        layer.gate.set()
        await asyncio.gather(leave, join)
        layer.incoming.put_nowait(raw_event("y", number=8))
        assert await newcomer.heard() == "y"
        assert layer.calls.count("group_discard") == 1
        assert fanout.lost == 0


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
