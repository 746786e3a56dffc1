"""What a newcomer is shown of what was said before."""

import asyncio

import pytest

from rooms.delivery import live_room as tails
from rooms.delivery import replay
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.replay import Start, catch_up, find_start
from rooms.tests.listeners import NEWER, Member, Store, attached, event, numbers
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.tests.helpers import settle

# The room has messages up to number 100; up to number 20 they are gone.
NEWEST, GONE = 100, 20
HERE = {"epoch": "e"}

STARTS: dict[str, tuple[dict[str, str], Start]] = {
    "nothing is asked for": ({}, Start(50, False)),
    "all is there": ({"since": "40", **HERE}, Start(40, True)),
    "nothing was missed": ({"since": "100", **HERE}, Start(100, True)),
    "since the last that is gone": ({"since": "20", **HERE}, Start(20, True)),
    "pruned past": ({"since": "19", **HERE}, Start(50, False)),
    "pruned past, with a history": ({"since": "0", "history": "3", **HERE}, Start(97, False)),
    "in the future": ({"since": "101", **HERE}, Start(50, False)),
    "below zero": ({"since": "-1", **HERE}, Start(50, False)),
    "malformed": ({"since": "4e1", **HERE}, Start(50, False)),
    "unknown epoch": ({"since": "40", "epoch": "f"}, Start(50, False)),
    "unknown epoch, with a history": ({"since": "40", "epoch": "f", "history": "7"}, Start(93, False)),
    "no epoch": ({"since": "40"}, Start(50, False)),
    "an empty epoch": ({"since": "40", "epoch": ""}, Start(50, False)),
    "an epoch alone": (HERE, Start(50, False)),
    "no history": ({"history": "0"}, Start(100, False)),
    "some history": ({"history": "10"}, Start(90, False)),
    "more history than is left": ({"history": "200"}, Start(20, False)),
    "too much history": ({"history": "201"}, Start(50, False)),
    "malformed history": ({"history": "ten"}, Start(50, False)),
    "history does not shorten what was missed": ({"since": "40", "history": "0", **HERE}, Start(40, True)),
}


@pytest.mark.parametrize(("query", "start"), STARTS.values(), ids=STARTS.keys())
def test_where_a_replay_begins(query: dict[str, str], start: Start) -> None:
    """Where the client stopped if nothing was lost since then, else with the newest of the history."""
    assert find_start(query, "e", NEWEST, GONE) == start


@pytest.mark.parametrize(
    ("query", "start"),
    [({}, Start(0, False)), ({"since": "0", **HERE}, Start(0, True)), ({"since": "1"}, Start(0, False))],
)
def test_where_a_replay_begins_in_an_empty_room(query: dict[str, str], start: Start) -> None:
    """Who was here when it was empty has lost nothing."""
    assert find_start(query, "e", 0, 0) == start


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with ten messages, of which the newest four are in memory too."""
    monkeypatch.setattr(tails, "MAX_HISTORY", 4)
    monkeypatch.setattr(replay, "PAGE", 3)
    monkeypatch.setattr(replay, "FIRST_PAGE", 3)
    store = Store(10)
    store.stand_in(monkeypatch)
    return store


async def say(store: Store, live_room: LiveRoom, count: int = 1) -> None:
    """So many more messages are stored and shown."""
    for _ in range(count):
        store.newest += 1
        live_room.deliver(event(store.newest))
    await asyncio.sleep(0)


class TestCatchUp:
    async def test_what_is_in_memory_is_not_read(self, store: Store, live_room: LiveRoom) -> None:
        """And then everything comes that is said."""
        member = Member()
        await catch_up(live_room, member, 6)
        await say(store, live_room)
        await settle()
        assert member.heard == numbers(7, 11)
        assert store.asked.empty()

    async def test_older_messages_are_read_in_pages(self, store: Store, live_room: LiveRoom) -> None:
        """Until the rest is in memory."""
        member = Member()
        await catch_up(live_room, member, 1)
        assert member.heard == numbers(2, 10)
        assert [store.asked.get_nowait() for _ in range(store.asked.qsize())] == [1, 4]

    async def test_who_has_seen_everything_gets_nothing(self, store: Store, live_room: LiveRoom) -> None:
        """Nor does who asks for no history; they only hear what comes."""
        member = Member()
        await catch_up(live_room, member, 10)
        assert member.heard == []
        await say(store, live_room)
        await settle()
        assert member.heard == ["11"]

    async def test_while_messages_pour_in_there_is_no_hole_and_no_repeat(
        self, store: Store, live_room: LiveRoom
    ) -> None:
        """However slowly somebody reads, they are shown everything, and listen when they are through."""
        slow, other = Member(), attached(live_room)
        slow.reading.clear()
        catching_up = asyncio.create_task(catch_up(live_room, slow, 0))
        for _ in range(20):
            await say(store, live_room, 2)
            slow.reading.set()
            await asyncio.sleep(0)
            slow.reading.clear()
        slow.reading.set()
        await catching_up
        await say(store, live_room)
        await settle()
        assert slow.heard == numbers(1, store.newest)
        assert other.heard == numbers(11, store.newest)

    async def test_nothing_piles_up_for_who_is_not_through(self, store: Store, live_room: LiveRoom) -> None:
        """What is said meanwhile is read when they have got so far."""
        slow = Member()
        slow.reading.clear()
        catching_up = asyncio.create_task(catch_up(live_room, slow, 6))
        await say(store, live_room, 50)
        await settle()
        assert slow.send_queue._backlog is None
        slow.reading.set()
        await catching_up
        assert slow.heard == numbers(7, 60)

    async def test_it_is_written_in_parts(
        self, store: Store, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No more bytes at a time than may be, unless a single message has more."""
        monkeypatch.setattr(replay, "MAX_WRITE", 6)  # two frames of one character
        slow = Member()
        slow.reading.clear()
        catching_up = asyncio.create_task(catch_up(live_room, slow, 7))
        await settle()
        assert not catching_up.done()
        slow.reading.set()
        await catching_up
        assert slow.heard == ["8", "9", "10"]
        assert list(replay._parts([])) == []
        assert [len(some.messages) for some in replay._parts(live_room.recent.after(6) or [])] == [2, 1, 1]


class TestRefusals:
    async def test_nothing_is_read_for_who_is_gone(self, store: Store, live_room: LiveRoom) -> None:
        """A replay of many pages ends with the first that nobody takes."""
        member = Member()
        member.send_queue.cancel()
        with pytest.raises(ConnectionDenied):
            await catch_up(live_room, member, 0)
        assert store.asked.qsize() == 1

    async def test_who_is_slower_than_the_pruning_is_too_slow(
        self, store: Store, live_room: LiveRoom
    ) -> None:
        """What they have not seen is deleted, so there is no way on without a hole."""
        member = Member()
        member.reading.clear()
        catching_up = asyncio.create_task(catch_up(live_room, member, 0))
        await store.asked.get()
        store.pruned = 5
        member.reading.set()
        with pytest.raises(ConnectionDenied) as refused:
            await catching_up
        assert refused.value.code == CloseCode.TOO_SLOW
        assert member.heard == numbers(1, 3)
        assert member not in live_room.subscribers._subscribers

    @pytest.mark.parametrize("position", [1, 8])
    async def test_who_came_in_by_an_older_door_is_shown_nothing_of_a_newer_one(
        self, store: Store, live_room: LiveRoom, position: int
    ) -> None:
        """From memory or from the store: somebody has spoken by the new password."""
        store.newest += 1
        live_room.deliver(event(store.newest, NEWER))
        store.access = NEWER
        member = Member()
        with pytest.raises(ConnectionDenied):
            await catch_up(live_room, member, position)
        assert member.heard == []

    async def test_a_door_that_changes_in_the_middle_ends_it(
        self, store: Store, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not one portion more is written."""
        monkeypatch.setattr(replay, "MAX_WRITE", 1)
        member = Member()
        member.reading.clear()
        catching_up = asyncio.create_task(catch_up(live_room, member, 6))
        await settle()
        store.newest += 1
        live_room.deliver(event(store.newest, NEWER))
        member.reading.set()
        with pytest.raises(ConnectionDenied) as refused:
            await catching_up
        assert refused.value.code == CloseCode.PASSWORD_CHANGED
        assert member.heard == ["7"]

    async def test_a_room_that_begins_anew_sends_away(self, store: Store, live_room: LiveRoom) -> None:
        """What is in the store now belongs to another sequence."""
        store.epoch = "other"
        with pytest.raises(ConnectionDenied) as refused:
            await catch_up(live_room, Member(), 0)
        assert refused.value.code == CloseCode.GOING_AWAY
