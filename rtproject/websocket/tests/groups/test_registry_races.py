"""Joins and leaves of one group that happen at the same time."""

import asyncio

import pytest

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.layers import Listener, raw_event


@pytest.fixture
async def fanout(layer):
    """The groups of this test's process."""
    return GroupRegistry()


def begin(coroutine):
    """Starts `coroutine` beside the test."""
    return asyncio.create_task(coroutine)


async def test_two_first_joins_make_one_channel(layer, fanout):
    """However many join first, the process has one channel, and each group hears of it once."""
    members = [Listener() for _ in range(10)]
    layer.gate.clear()
    joins = [begin(fanout.join(f"group-{number % 2}", member)) for number, member in enumerate(members)]
    await settle()
    layer.gate.set()
    await soon(asyncio.gather(*joins))
    assert layer.calls.count("new_channel") == 1
    assert layer.calls.count("group_add") == 2
    for number in range(2):
        await broadcast(f"group-{number}", str(number))
    assert [await member.heard() for member in members] == ["0", "1"] * 5


async def test_nobody_has_joined_before_the_layer_knows(layer, fanout):
    """A second join waits for the first one's answer: it would not hear anything before it either."""
    layer.gate.clear()
    joins = [begin(fanout.join("group", Listener())) for _ in range(2)]
    await settle()
    assert not any(join.done() for join in joins)
    layer.gate.set()
    await soon(asyncio.gather(*joins))


async def test_a_second_join_does_not_fail_with_the_first(layer, fanout):
    """Each join that waited for one that failed asks the layer itself."""
    one, two = Listener(), Listener()
    layer.failing_once = {"group_add"}
    layer.gate.clear()
    first = begin(fanout.join("group", one))
    second = begin(fanout.join("group", two))
    await settle()
    layer.gate.set()
    with pytest.raises(LayerUnavailable):
        await soon(first)
    await soon(second)
    await broadcast("group", "hello")
    assert await two.heard() == "hello"
    assert one.silent


async def test_a_join_that_is_given_up_leaves_no_member_behind(layer, fanout):
    """A client that goes while the layer is being asked hears nothing later, and is in nobody's way."""
    gone, stays = Listener(), Listener()
    layer.gate.clear()
    given_up = begin(fanout.join("group", gone))
    join = begin(fanout.join("group", stays))
    await settle()
    given_up.cancel()
    layer.gate.set()
    await soon(join)
    await broadcast("group", "hello")
    assert await stays.heard() == "hello"
    assert gone.silent
    assert given_up.cancelled()


async def test_who_comes_while_the_last_one_leaves_is_in(layer, fanout):
    """The layer is told of the newcomer after it was told of the leaver."""
    last, newcomer = Listener(), Listener()
    await fanout.join("group", last)
    layer.gate.clear()
    leave = begin(fanout.leave("group", last))
    await settle()
    join = begin(fanout.join("group", newcomer))
    await settle()
    layer.gate.set()
    await soon(asyncio.gather(leave, join))
    assert layer.calls[-2:] == ["group_discard", "group_add"]
    await broadcast("group", "hello")
    assert await newcomer.heard() == "hello"
    assert last.silent


async def test_who_leaves_before_the_join_is_through_is_out(layer, fanout):
    """A join and a leave of one member that overlap leave nothing behind, neither here nor in the layer."""
    member = Listener()
    layer.gate.clear()
    join = begin(fanout.join("group", member))
    await settle()
    leave = begin(fanout.leave("group", member))
    await settle()
    layer.gate.set()
    await soon(asyncio.gather(join, leave))
    assert not layer.groups["group"]
    layer.incoming.put_nowait(raw_event("hello"))
    await settle()
    assert member.silent


async def test_a_leave_does_not_fail_for_a_newcomer(layer, fanout):
    """Where the layer cannot be told of a newcomer the newcomer hears of it, not the one who leaves."""
    leaver, newcomer = Listener(), Listener()
    layer.gate.clear()
    # While this one waits for the layer, the others queue behind it.
    busy = begin(fanout.join("another", Listener()))
    await settle()
    joins = [begin(fanout.join("group", leaver))]
    await settle()
    leave = begin(fanout.leave("group", leaver))
    await settle()
    joins.append(begin(fanout.join("group", newcomer)))
    await settle()
    layer.failing = {"group_add"}
    layer.gate.set()
    results = await soon(asyncio.gather(busy, leave, *joins, return_exceptions=True))
    assert results[1] is None
    assert isinstance(results[3], LayerUnavailable)
    layer.failing.clear()
    await fanout.join("group", newcomer)
    await broadcast("group", "hello")
    assert await newcomer.heard() == "hello"
    assert leaver.silent


async def test_many_who_come_and_go_at_random_end_up_where_they_belong(layer, fanout):
    """After any mixture of joins and leaves exactly those hear who joined last, and the layer agrees."""
    members = [Listener() for _ in range(20)]

    async def come_and_go(number, member):
        for _ in range(number % 5):
            await fanout.join("group", member)
            await asyncio.sleep(0)
            await fanout.leave("group", member)
        if number % 2:
            await fanout.join("group", member)

    await soon(asyncio.gather(*(come_and_go(*pair) for pair in enumerate(members))))
    await broadcast("group", "hello")
    await settle()
    assert [member.silent for member in members] == [number % 2 == 0 for number in range(20)]
    await asyncio.gather(*(fanout.leave("group", member) for member in members))
    assert not layer.groups["group"]
