"""The live rooms of one process: each is shared, and ends with its last member."""

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from rooms.delivery.live_room import LiveRoom
from rooms.delivery.registry import LiveRooms
from rooms.models import Room
from rooms.names import room_group
from rooms.tests.delivery.support import OPEN, listed_room, subscribed
from rooms.tests.support import joined_groups, layer_unavailable, until
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupMember, GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle


@pytest.fixture
async def live_rooms() -> LiveRooms:
    """A process without any member."""
    return LiveRooms()


async def enter(live_rooms: LiveRooms, room: Room | None = None) -> LiveRoom:
    return await live_rooms.enter(room or listed_room(), lambda key: None)


async def entering(live_rooms: LiveRooms, count: int) -> "list[asyncio.Task[LiveRoom]]":
    """Members that wait for the beginning."""
    tasks = [asyncio.create_task(enter(live_rooms)) for _ in range(count)]
    await settle()
    return tasks


def nothing_is_left(live_rooms: LiveRooms) -> bool:
    """Whether the process is in no group, and keeps nothing."""
    kept = (live_rooms._rooms, live_rooms._users, live_rooms._begun)
    return not joined_groups() and not any(kept)


async def test_members_that_enter_together_share_one_beginning(store, live_rooms):
    """One that is cancelled costs the others nothing."""
    store.gate.clear()
    cancelled, *tasks = await entering(live_rooms, 4)
    cancelled.cancel()
    await settle()
    assert not any(task.done() for task in tasks)
    store.gate.set()
    found = {await task for task in tasks} | {await enter(live_rooms, listed_room("LOBBY"))}
    assert len(found) == 1
    assert len(store.taken()) == 1
    assert live_rooms.find(listed_room()) in found
    for _ in range(4):
        await live_rooms.leave(*found)
    assert nothing_is_left(live_rooms)


async def test_a_live_room_ends_with_its_last_member(store, live_rooms):
    """A later newcomer gets another one."""
    live_room = await enter(live_rooms)
    assert await enter(live_rooms) is live_room
    await live_rooms.leave(live_room)
    member = subscribed(live_room)
    store.newest = 5
    await broadcast(room_group("lobby"), "5", epoch="epoch", seq=5, access=OPEN)
    await until(lambda: member.received == ["5"])
    await live_rooms.leave(live_room)
    assert live_rooms.find(listed_room()) is None
    assert nothing_is_left(live_rooms)
    store.newest = 6
    another = await enter(live_rooms)
    assert another is not live_room
    assert another.delivered == 6


@pytest.mark.parametrize(
    "other", [listed_room(epoch="other"), listed_room(pk=2), listed_room(epoch=""), Room(name="lobby")]
)
async def test_each_row_and_epoch_has_a_live_room_of_its_own(store, live_rooms, other):
    one, another = await enter(live_rooms), await enter(live_rooms, other)
    assert one is not another
    assert (live_rooms.find(listed_room()), live_rooms.find(other)) == (one, another)
    await live_rooms.leave(one)
    assert (live_rooms.find(listed_room()), live_rooms.find(other)) == (None, another)
    assert room_group("lobby") in get_channel_layer().groups
    await live_rooms.leave(another)
    assert nothing_is_left(live_rooms)


async def test_a_failed_beginning_is_shared_and_forgotten(store, live_rooms):
    store.failing = True
    store.gate.clear()
    tasks = await entering(live_rooms, 3)
    store.failing = False
    store.gate.set()
    for task in tasks:
        with pytest.raises(OperationalError):
            await task
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GroupRegistry, "join", layer_unavailable)
        with pytest.raises(LayerUnavailable):
            await enter(live_rooms)
    await settle()
    assert nothing_is_left(live_rooms)
    assert (await enter(live_rooms)).delivered == 4
    assert len(store.taken()) == 2


async def test_a_beginning_that_no_member_waits_for_is_cancelled(store, live_rooms, monkeypatch):
    """Else it would stay in the group for ever."""
    layer_answers = asyncio.Event()
    join = GroupRegistry.join

    async def slow_join(self: GroupRegistry, name: str, member: GroupMember) -> None:
        await layer_answers.wait()
        await join(self, name, member)

    monkeypatch.setattr(GroupRegistry, "join", slow_join)
    (alone,) = await entering(live_rooms, 1)
    alone.cancel()
    await settle()
    layer_answers.set()
    await settle()
    assert not joined_groups()
    assert store.taken() == []
