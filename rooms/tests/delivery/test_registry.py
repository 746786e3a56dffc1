"""The live_rooms of one process: who shares one, and how long it is there."""

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from rooms.delivery.live_room import LiveRoom
from rooms.delivery.registry import LiveRooms
from rooms.models import Room
from rooms.names import room_group
from rooms.presence import query as census
from rooms.tests.listeners import OPEN, Store, attached, listed_room, until
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupMember, GroupRegistry, broadcast
from rtproject.websocket.tests.helpers import settle

GROUP = room_group("lobby")


async def enter(live_rooms: LiveRooms, room: Room | None = None) -> LiveRoom:
    """Somebody enters."""
    return await live_rooms.enter(room or listed_room(), lambda key: None)


async def entering(live_rooms: LiveRooms, count: int) -> "list[asyncio.Task[LiveRoom]]":
    """So many who are on their way in."""
    tasks = [asyncio.create_task(enter(live_rooms)) for _ in range(count)]
    await settle()
    return tasks


async def test_many_share_one_beginning(store: Store) -> None:
    """The store is read once, however many come, and by whichever object they know the room."""
    store.gate.clear()
    live_rooms = LiveRooms()
    tasks = await entering(live_rooms, 3)
    assert not any(task.done() for task in tasks)
    store.gate.set()
    found = {await task for task in tasks} | {await enter(live_rooms, listed_room("LOBBY"))}
    assert len(found) == 1
    assert store.asked.qsize() == 1
    assert live_rooms.find(listed_room()) in found


async def test_it_is_heard_until_the_last_one_leaves(store: Store) -> None:
    """Then the process leaves the group, and nothing of the live_room is left."""
    live_rooms = LiveRooms()
    live_room = await enter(live_rooms)
    assert await enter(live_rooms) is live_room
    await live_rooms.leave(live_room)
    member = attached(live_room)
    store.newest = 5
    await broadcast(GROUP, "5", epoch="epoch", seq=5, access=OPEN)
    await until(lambda: member.heard == ["5"])
    await live_rooms.leave(live_room)
    assert live_rooms.find(listed_room()) is None
    assert get_channel_layer().groups == {}
    assert [live_rooms._rooms, live_rooms._users, live_rooms._begun] == [{}, {}, {}]


async def test_who_comes_after_that_begins_anew(store: Store) -> None:
    """An old live_room has not heard what was said meanwhile."""
    live_rooms = LiveRooms()
    first = await enter(live_rooms)
    await live_rooms.leave(first)
    store.newest = 6
    second = await enter(live_rooms)
    assert second is not first
    assert second.delivered == 6


@pytest.mark.parametrize(
    "other", [listed_room(epoch="other"), listed_room(pk=2), listed_room(epoch=""), Room(name="lobby")]
)
async def test_another_row_or_epoch_has_another_feed(store: Store, other: Room) -> None:
    """Both may be here for a while, and leave one by one."""
    live_rooms = LiveRooms()
    live_room, another = await enter(live_rooms), await enter(live_rooms, other)
    assert live_room is not another
    assert (live_rooms.find(listed_room()), live_rooms.find(other)) == (live_room, another)
    await live_rooms.leave(live_room)
    assert (live_rooms.find(listed_room()), live_rooms.find(other)) == (None, another)
    assert GROUP in get_channel_layer().groups
    await live_rooms.leave(another)
    assert get_channel_layer().groups == {}


async def test_a_failure_is_shared_and_forgotten(store: Store) -> None:
    """All who waited for the beginning learn of it; the next one may begin anew."""
    store.failing = True
    store.gate.clear()
    live_rooms = LiveRooms()
    tasks = await entering(live_rooms, 3)
    store.failing = False
    store.gate.set()
    for task in tasks:
        with pytest.raises(OperationalError):
            await task
    await settle()
    assert get_channel_layer().groups == {}
    assert (await enter(live_rooms)).delivered == 4
    assert store.asked.qsize() == 2


async def test_without_the_layer_nothing_is_left_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live_room that could not begin is no live_room."""

    async def fail(self: GroupRegistry, name: str, member: object) -> None:
        raise LayerUnavailable("no layer")

    live_rooms = LiveRooms()
    with monkeypatch.context() as patch:
        patch.setattr(GroupRegistry, "join", fail)
        with pytest.raises(LayerUnavailable):
            await enter(live_rooms)
    assert live_rooms.find(listed_room()) is None
    assert (await enter(live_rooms)).delivered == 4


async def test_a_beginning_that_nobody_waits_for_any_more_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it goes on, whatever it was just waiting for: it would hear the room for ever."""
    layer_answers = asyncio.Event()
    join = GroupRegistry.join

    async def slow_join(self: GroupRegistry, name: str, member: GroupMember) -> None:
        await layer_answers.wait()
        await join(self, name, member)

    monkeypatch.setattr(GroupRegistry, "join", slow_join)
    live_rooms = LiveRooms()
    (alone,) = await entering(live_rooms, 1)
    alone.cancel()
    await settle()
    layer_answers.set()
    await settle()
    assert get_channel_layer().groups.keys() <= {census.GROUP}
    assert store.asked.empty()


async def test_who_gives_up_on_the_way_in_leaves(store: Store) -> None:
    """The beginning goes on for the others; with the last one the live_room goes too."""
    store.gate.clear()
    live_rooms = LiveRooms()
    one, other = await entering(live_rooms, 2)
    one.cancel()
    await settle()
    store.gate.set()
    await live_rooms.leave(await other)
    store.gate.clear()
    (alone,) = await entering(live_rooms, 1)
    alone.cancel()
    await settle()
    store.gate.set()
    await settle()
    assert live_rooms.find(listed_room()) is None
    assert get_channel_layer().groups == {}
