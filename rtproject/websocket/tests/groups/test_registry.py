"""Groups of one process over a channel layer: delivery, a layer that fails, and joins and leaves that overlap."""

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups import layer as layer_module
from rtproject.websocket.groups import registry as module
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle, soon, text
from rtproject.websocket.tests.layers import Layer, Listener, assert_receives, listeners, raw_event

GENUINE = raw_event("hello")
BROKEN: list[Any] = [
    {}, [], None, "group", {"group": []}, {"type": "group.event", "group": "group"},
    {"type": "group.event", "group": "group", "text": "hello", "tags": {}},
    GENUINE | {"body": GENUINE["body"].replace("hello", "Hello")},
    GENUINE | {"body": 7}, GENUINE | {"signature": None}, GENUINE | {"signature": "ä"},
    raw_event("hello", group="other") | {"group": "group"},
    ValueError("cannot be deserialized"),
]  # fmt: skip


@pytest.fixture
async def registry(layer):
    """The groups of this test's process."""
    return GroupRegistry()


@pytest.mark.usefixtures("memory")
class TestDelivery:
    async def test_every_member_gets_the_finished_text_and_its_tags(self):
        """One broadcast is one event, shared by all members."""
        members = await listeners(GroupRegistry(), "group", "group")
        await broadcast("group", "hello", number=7)
        one, other = [await soon(member.events.get()) for member in members]
        assert one is other
        assert one.tags == {"number": 7}
        assert one.frame is not None
        assert one.frame.messages[0] == text("hello")

    async def test_groups_of_all_processes_are_apart_and_ordered(self):
        """Members get the events of their groups, once, in order, from every process on the layer."""
        registry, both = GroupRegistry(), Listener()
        [elsewhere] = await listeners(GroupRegistry(), "a")
        [one] = await listeners(registry, "a")
        await registry.join("a", both)
        await registry.join("b", both)
        for number in range(50):
            await broadcast("ab"[number % 2], str(number))
        even = [str(number) for number in range(0, 50, 2)]
        for member, expected in (
            (one, even),
            (elsewhere, even),
            (both, [str(number) for number in range(50)]),
        ):
            assert [await member.heard() for _ in expected] == expected
            assert member.silent

    async def test_a_member_is_alone_if_nobody_else_hears_its_group(self, memory):
        """Neither another one here, nor another process, nor other code."""
        registry = GroupRegistry()
        [member, other] = await listeners(registry, "group", "others")
        assert registry.is_alone("group", member)
        assert not registry.is_alone("group", other)
        await registry.join("group", other)
        assert not registry.is_alone("group", member)
        await registry.leave("group", other)
        await memory.group_add("group", "channel")
        assert not registry.is_alone("group", member)

    async def test_a_member_that_raises_costs_the_others_nothing(self, caplog):
        """The fault is logged, and every other member gets the events."""

        class Faulty(Listener):
            def deliver(self, event):
                raise RuntimeError("a fault")

        registry = GroupRegistry()
        [first] = await listeners(registry, "group")
        await registry.join("group", Faulty())
        [last] = await listeners(registry, "group")
        for _ in range(2):
            await assert_receives("group", first, last)
        assert caplog.messages == ["a member failed to handle an event"]
        assert "a fault" in caplog.text

    async def test_a_member_may_leave_during_a_delivery(self):
        """The others get the event all the same."""
        registry = GroupRegistry()
        leaving = []

        class Leaver(Listener):
            def deliver(self, event):
                leaving.append(asyncio.create_task(registry.leave("group", self)))

        await registry.join("group", Leaver())
        await assert_receives("group", *await listeners(registry, "group"))
        await asyncio.gather(*leaving)

    async def test_a_leave_without_a_join_does_nothing(self):
        """`leave` may be repeated, and called for a group that was never joined."""
        registry, member = GroupRegistry(), Listener()
        await registry.leave("group", member)
        [other] = await listeners(registry, "group")
        await registry.leave("group", member)
        await registry.join("group", member)
        await registry.leave("group", member)
        await registry.leave("group", member)
        await assert_receives("group", other)
        assert member.silent


class TestFailingLayer:
    @pytest.mark.parametrize("call", ["new_channel", "group_add"])
    async def test_a_join_that_fails_leaves_no_member_behind(self, layer, registry, call):
        """It raises, the member gets nothing, and may try again."""
        member = Listener()
        layer.failing = {call}
        with pytest.raises(LayerUnavailable):
            await registry.join("group", member)
        if call == "group_add":  # without a channel nothing is received at all
            layer.incoming.put_nowait(raw_event("for no one"))
        await settle()
        assert member.silent
        layer.failing.clear()
        await registry.join("group", member)
        await assert_receives("group", member)

    @pytest.mark.parametrize("hangs", [True, False])
    async def test_a_broadcast_that_fails_raises(self, layer, monkeypatch, hangs):
        """Also if the layer never answers."""
        monkeypatch.setattr(layer_module, "LAYER_TIMEOUT", 0.01 if hangs else 60)
        layer.failing = {"group_send"}
        if hangs:
            layer.gate.clear()
        with pytest.raises(LayerUnavailable):
            await broadcast("group", "hello")

    async def test_a_leave_that_fails_is_a_warning(self, layer, registry, caplog):
        """The member is gone all the same, and later events for the group are dropped."""
        member, other = await listeners(registry, "group", "other")
        layer.failing = {"group_discard"}
        await registry.leave("group", member)
        assert "could not leave a group" in caplog.text
        await broadcast("group", "for no one")
        await assert_receives("other", other)
        assert member.silent

    async def test_a_receive_that_fails_is_tried_again(self, layer, registry, monkeypatch, caplog):
        """Each failure is one line of log however long it lasts."""
        monkeypatch.setattr(module, "RETRY_SECONDS", (0.0, 0.0))
        [member] = await listeners(registry, "group")
        for failures in range(1, 3):
            for _ in range(5):
                layer.incoming.put_nowait(ConnectionError("away"))
            await assert_receives("group", member)
            assert [record.levelno for record in caplog.records] == [logging.ERROR] * failures

    @pytest.mark.parametrize("event", [{}, {"type": "group.event", "group": "group"}])
    async def test_a_malformed_event_does_not_stop_the_registry(self, layer, registry, event):
        """A process of another version on the same layer costs at most its own events, and no new channel."""
        [member] = await listeners(registry, "group")
        layer.incoming.put_nowait(event)
        await assert_receives("group", member)
        assert layer.calls.count("new_channel") == 1


class TestOverlaps:
    """Joins and leaves of one group at the same time."""

    @staticmethod
    async def begin(*coroutines):
        """Start each beside the test, one after the other."""
        tasks = []
        for coroutine in coroutines:
            tasks.append(asyncio.create_task(coroutine))
            await settle()
        return tasks

    async def test_first_joins_share_one_channel(self, layer, registry):
        """However many join first, the layer is asked once for each group, and each join waits for its answer."""
        members = [Listener() for _ in range(10)]
        layer.gate.clear()
        joins = await self.begin(
            *(registry.join(f"group-{n % 2}", member) for n, member in enumerate(members))
        )
        assert not any(join.done() for join in joins)
        layer.gate.set()
        await soon(asyncio.gather(*joins))
        assert layer.calls.count("new_channel") == 1
        assert layer.calls.count("group_add") == 2
        for number in range(2):
            await assert_receives(f"group-{number}", *members[number::2])

    @pytest.mark.parametrize("end", ["fail", "cancel"])
    async def test_a_join_does_not_fail_with_another(self, layer, registry, end):
        """A join that fails or is cancelled leaves no member behind, and the next one asks the layer itself."""
        gone, member = Listener(), Listener()
        layer.gate.clear()
        first, second = await self.begin(registry.join("group", gone), registry.join("group", member))
        if end == "fail":
            layer.failing_once = {"group_add"}
        else:
            first.cancel()
        layer.gate.set()
        with pytest.raises((LayerUnavailable, asyncio.CancelledError)):
            await soon(first)
        await soon(second)
        await assert_receives("group", member)
        assert gone.silent


def run_steps(steps):
    """Starts the joins and leaves of several members without waiting, with turns of the loop in between."""

    async def main():
        layer = Layer()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "get_channel_layer", lambda: layer)
            registry, members = GroupRegistry(), [Listener() for _ in range(3)]
            inside: set[int] = set()
            waiting: dict[int, asyncio.Task[None] | None] = {}

            async def after(previous, coroutine):
                if previous is not None:
                    await previous
                await coroutine

            for number, turn in steps:
                member = members[number]
                call = registry.leave if number in inside else registry.join
                inside ^= {number}
                waiting[number] = asyncio.create_task(after(waiting.get(number), call("group", member)))
                if turn:
                    await asyncio.sleep(0)
            await soon(asyncio.gather(*filter(None, waiting.values())))
            await broadcast("group", "hello")
            await settle()
            assert [not member.silent for member in members] == [n in inside for n in range(3)]
            assert bool(layer.groups["group"]) == bool(inside)

    asyncio.run(main())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12))
def test_after_any_joins_and_leaves_exactly_the_members_receive(steps):
    """Whatever overlaps, the registry and the layer agree in the end."""
    run_steps(steps)
