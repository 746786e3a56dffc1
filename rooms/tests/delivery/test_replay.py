"""The replay: where it begins, and what it sends at which pace."""

import asyncio
from collections.abc import Awaitable

import pytest

from rooms.access.versions import AccessVersion
from rooms.delivery import live_room as module
from rooms.delivery import replay
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.replay import Start, catch_up, find_start
from rooms.tests.delivery.support import GUARDED, OPEN, Member, Store, event, numbers, subscribed
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.tests.helpers import settle

NEWEST, PRUNED = 100, 20
HERE = {"epoch": "e"}

STARTS = {
    "nothing is asked for": ({}, Start(50, False)),
    "all is there": ({"since": "40", **HERE}, Start(40, True)),
    "nothing was missed": ({"since": "100", **HERE}, Start(100, True)),
    "since the last that is pruned": ({"since": "20", **HERE}, Start(20, True)),
    "pruned past": ({"since": "19", **HERE}, Start(50, False)),
    "pruned past, with a history": ({"since": "0", "history": "3", **HERE}, Start(97, False)),
    "in the future": ({"since": "101", **HERE}, Start(50, False)),
    "malformed": ({"since": "4e1", **HERE}, Start(50, False)),
    "unknown epoch": ({"since": "40", "epoch": "f", "history": "7"}, Start(93, False)),
    "no epoch": ({"since": "40"}, Start(50, False)),
    "an epoch alone": (HERE, Start(50, False)),
    "no history": ({"history": "0"}, Start(100, False)),
    "some history": ({"history": "10"}, Start(90, False)),
    "more history than is left": ({"history": "200"}, Start(20, False)),
    "too much history": ({"history": "201"}, Start(50, False)),
    "history does not shorten what was missed": ({"since": "40", "history": "0", **HERE}, Start(40, True)),
}


@pytest.mark.parametrize(("query", "start"), STARTS.values(), ids=STARTS.keys())
def test_a_replay_begins_where_the_client_stopped_if_nothing_was_lost(query, start):
    """Else it begins with the newest messages of the history."""
    assert find_start(query, "e", NEWEST, PRUNED) == start


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with ten messages, of which the newest four are in memory too; pages have three."""
    monkeypatch.setattr(module, "MAX_HISTORY", 4)
    monkeypatch.setattr(replay, "PAGE", 3)
    monkeypatch.setattr(replay, "FIRST_PAGE", 3)
    store = Store(10)
    store.stand_in(monkeypatch)
    return store


async def post(store: Store, live_room: LiveRoom, access: AccessVersion = OPEN) -> None:
    """Store and deliver one more message."""
    store.newest += 1
    live_room.deliver(event(store.newest, access))
    await settle()


def begin_slowly(live_room: LiveRoom, position: int) -> "tuple[Member, asyncio.Task[None]]":
    """A client that does not read yet, and its replay."""
    member = Member()
    member.reading.clear()
    return member, asyncio.create_task(catch_up(live_room, member, position))


async def denial(replaying: Awaitable[None]) -> int:
    """The code that a replay ends with."""
    with pytest.raises(ConnectionDenied) as denied:
        await replaying
    return denied.value.code


@pytest.mark.parametrize(
    ("position", "pages"), [(10, []), (6, []), (1, [1, 4])], ids=["none", "memory", "store"]
)
async def test_messages_come_from_memory_or_in_pages_from_the_store(store, live_room, position, pages):
    member = Member()
    await catch_up(live_room, member, position)
    await post(store, live_room)
    assert member.received == numbers(position + 1, 11)
    assert store.taken() == pages


async def test_messages_during_a_slow_replay_make_no_gap_and_no_repeat(store, live_room):
    slow, replaying = begin_slowly(live_room, 0)
    other = subscribed(live_room)
    for _ in range(40):
        await post(store, live_room)
        slow.reading.set()
        await asyncio.sleep(0)
        slow.reading.clear()
    slow.reading.set()
    await replaying
    await post(store, live_room)
    assert slow.received == numbers(1, store.newest)
    assert other.received == numbers(11, store.newest)


async def test_a_new_password_ends_a_replay_before_its_next_part(store, live_room, monkeypatch):
    monkeypatch.setattr(replay, "MAX_WRITE", 6)  # two frames of one character
    slow, replaying = begin_slowly(live_room, 6)
    await settle()
    await post(store, live_room, GUARDED)
    slow.reading.set()
    assert await denial(replaying) == CloseCode.PASSWORD_CHANGED
    assert slow.received == ["7", "8"]


@pytest.mark.parametrize("position", [1, 8], ids=["store", "memory"])
async def test_a_member_without_the_new_password_gets_no_message_under_it(store, live_room, position):
    await post(store, live_room, GUARDED)
    store.access = GUARDED
    member = Member()
    assert await denial(catch_up(live_room, member, position))
    assert member.received == []


async def test_nothing_more_is_read_for_a_client_that_is_gone(store, live_room):
    member = Member()
    member.send_queue.cancel()
    assert await denial(catch_up(live_room, member, 0))
    assert len(store.taken()) == 1


async def test_a_client_slower_than_the_pruning_is_too_slow(store, live_room):
    """The rest of its replay is deleted, so it cannot go on without a gap."""
    slow, replaying = begin_slowly(live_room, 0)
    await store.asked.get()
    store.pruned = 5
    slow.reading.set()
    assert await denial(replaying) == CloseCode.TOO_SLOW
    await post(store, live_room)
    assert slow.received == numbers(1, 3)


async def test_a_room_with_a_new_epoch_ends_the_replay(store, live_room):
    store.epoch = "other"
    assert await denial(catch_up(live_room, Member(), 0)) == CloseCode.GOING_AWAY
