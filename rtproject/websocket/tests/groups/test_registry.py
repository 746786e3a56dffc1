"""Groups of one process over a channel layer: who hears what, and what failures cost."""

import asyncio
import logging

import pytest

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import layer as layer_module
from rtproject.websocket.groups import registry as module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast, current_registry
from rtproject.websocket.tests.helpers import settle, text
from rtproject.websocket.tests.layers import Listener, raw_event


@pytest.mark.usefixtures("memory")
class TestDelivery:
    async def test_every_member_hears_the_finished_text_and_its_tags(self):
        """One broadcast is one event for each member, with the text as it is."""
        fanout, members = GroupRegistry(), [Listener(), Listener()]
        for member in members:
            await fanout.join("group", member)
        await broadcast("group", "hello", number=7)
        heard = [await member.events.get() for member in members]
        assert [event.tags for event in heard] == [{"number": 7}] * 2
        assert heard[0].frame is not None
        assert heard[0].frame.messages[0] == text("hello")
        assert heard[0] is heard[1]

    async def test_order_is_kept(self):
        """Members hear events in the order in which they were sent."""
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        for number in range(100):
            await broadcast("group", str(number))
        assert [await member.heard() for _ in range(100)] == [str(number) for number in range(100)]

    async def test_groups_are_apart(self):
        """A member hears the groups that it joined and no others, and each event once."""
        fanout, one, both = GroupRegistry(), Listener(), Listener()
        await fanout.join("a", one)
        await fanout.join("a", both)
        await fanout.join("b", both)
        await broadcast("b", "to b")
        await broadcast("a", "to a")
        assert await one.heard() == "to a"
        assert [await both.heard(), await both.heard()] == ["to b", "to a"]
        assert one.silent
        assert both.silent

    async def test_every_process_hears_it(self):
        """Two processes on one layer hear each other."""
        members = [Listener(), Listener()]
        for member in members:
            await GroupRegistry().join("group", member)
        await broadcast("group", "hello")
        assert [await member.heard() for member in members] == ["hello", "hello"]

    async def test_who_left_hears_nothing_more(self):
        """When `leave` has returned nothing reaches the member, and the others go on hearing."""
        fanout, gone, stays = GroupRegistry(), Listener(), Listener()
        await fanout.join("group", gone)
        await fanout.join("group", stays)
        await fanout.leave("group", gone)
        await broadcast("group", "hello")
        assert await stays.heard() == "hello"
        assert gone.silent

    async def test_who_comes_back_hears_again(self):
        """The last one out and a first one in make a working group again."""
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        await fanout.leave("group", member)
        await fanout.join("group", member)
        await broadcast("group", "hello")
        assert await member.heard() == "hello"

    async def test_a_member_that_raises_costs_the_others_nothing(self, caplog):
        """A fault in one member's code is logged, and everybody else has the event."""

        class Faulty(Listener):
            def deliver(self, event):
                raise RuntimeError("a fault")

        fanout, members = GroupRegistry(), [Listener(), Faulty(), Listener()]
        for member in members:
            await fanout.join("group", member)
        await broadcast("group", "one")
        await broadcast("group", "two")
        for member in (members[0], members[2]):
            assert [await member.heard(), await member.heard()] == ["one", "two"]
        assert "a member failed to handle an event" in caplog.text

    async def test_a_member_may_leave_while_it_is_told(self):
        """Membership may change during the delivery of an event."""
        fanout, other = GroupRegistry(), Listener()
        leaving = []

        class Leaver(Listener):
            def deliver(self, event):
                leaving.append(asyncio.create_task(fanout.leave("group", self)))
                super().deliver(event)

        await fanout.join("group", Leaver())
        await fanout.join("group", other)
        await broadcast("group", "hello")
        assert await other.heard() == "hello"
        await asyncio.gather(*leaving)

    async def test_leaving_twice_or_what_was_never_joined_does_nothing(self):
        """`leave` may be called by whoever is not sure."""
        fanout, member, other = GroupRegistry(), Listener(), Listener()
        await fanout.leave("group", member)
        await fanout.join("group", other)
        await fanout.leave("group", member)
        await fanout.join("group", member)
        await fanout.leave("group", member)
        await fanout.leave("group", member)
        await broadcast("group", "hello")
        assert await other.heard() == "hello"


async def test_a_loop_has_one_fanout():
    """All connections of a process share one channel."""
    assert current_registry() is current_registry()


class TestFailingLayer:
    async def test_a_join_that_fails_leaves_no_member_behind(self, layer):
        """Who could not join is told so, hears nothing, and may try again."""
        fanout, member = GroupRegistry(), Listener()
        layer.failing = {"group_add"}
        with pytest.raises(LayerUnavailable):
            await fanout.join("group", member)
        layer.incoming.put_nowait(raw_event("to nobody"))
        await settle()
        assert member.silent
        layer.failing.clear()
        await fanout.join("group", member)
        await broadcast("group", "hello")
        assert await member.heard() == "hello"

    async def test_without_a_channel_nobody_joins(self, layer):
        """A layer that gives no channel is out of reach, and asked again by the next one."""
        fanout, member = GroupRegistry(), Listener()
        layer.failing = {"new_channel"}
        with pytest.raises(LayerUnavailable):
            await fanout.join("group", member)
        layer.failing.clear()
        await fanout.join("group", member)
        assert layer.groups["group"] == {"channel-2"}

    @pytest.mark.parametrize("hangs", [True, False])
    async def test_a_broadcast_that_fails_raises_unavailable(self, layer, monkeypatch, hangs):
        """Whoever sends hears that it went nowhere, also from a layer that would never answer."""
        monkeypatch.setattr(layer_module, "LAYER_TIMEOUT", 0.01 if hangs else 60)
        layer.failing = {"group_send"}
        if hangs:
            layer.gate.clear()
        with pytest.raises(LayerUnavailable):
            await broadcast("group", "hello")

    async def test_a_leave_that_fails_is_a_warning(self, layer, caplog):
        """The member is gone all the same, and what the layer still sends for the group is dropped."""
        fanout, member, other = GroupRegistry(), Listener(), Listener()
        await fanout.join("group", member)
        await fanout.join("other", other)
        layer.failing = {"group_discard"}
        await fanout.leave("group", member)
        assert "could not leave a group" in caplog.text
        await broadcast("group", "to nobody")
        await broadcast("other", "hello")
        assert await other.heard() == "hello"
        assert member.silent

    async def test_a_receive_that_fails_is_tried_again_and_logged_once_an_outage(
        self, layer, monkeypatch, caplog
    ):
        """An outage costs one line of log however long it lasts, and the next one is told of again."""
        monkeypatch.setattr(module, "RETRY_SECONDS", (0.0, 0.0))
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        for outage in range(1, 3):
            for _ in range(5):
                layer.incoming.put_nowait(ConnectionError("away"))
            await broadcast("group", "hello")
            assert await member.heard() == "hello"
            lines = [record for record in caplog.records if record.levelno == logging.ERROR]
            assert len(lines) == outage

    @pytest.mark.parametrize("stranger", [{}, {"type": "group.event", "group": "group"}])
    async def test_an_event_of_another_make_does_not_stop_the_fanout(self, layer, stranger):
        """A process of another version on the same layer costs at most its own events."""
        fanout, member = GroupRegistry(), Listener()
        await fanout.join("group", member)
        layer.incoming.put_nowait(stranger)
        await broadcast("group", "hello")
        assert await member.heard() == "hello"
