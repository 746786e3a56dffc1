"""Loading rooms: the results, and queries that callers share."""

import asyncio
import threading
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from rooms.access import loader as module
from rooms.access.loader import RoomLoader, load_rooms, query_rooms
from rooms.models import Ban, Room
from rooms.tests.support import TIMEOUT, keeping_room, make_room, until
from rtproject.websocket.tests.helpers import settle

pytestmark = pytest.mark.django_db(transaction=True)


class TestQuery:
    def test_listed_rooms_are_found_without_case_and_other_names_are_open(self):
        room = make_room("VIP")
        found = query_rooms(["vIp", "Elsewhere"])
        assert found.keys() == {"vip", "elsewhere"}
        assert found["vip"] == room
        unlisted = found["elsewhere"]
        assert unlisted._state.adding
        assert (unlisted.guarded, unlisted.closed, unlisted.history_size) == (False, False, 0)

    def test_deleted_rooms_are_not_found_and_unlisted_ones_can_be_switched_off(self, settings):
        make_room("gone").delete()
        make_room("VIP")
        assert query_rooms(["GONE", "vip", "other"]).keys() == {"vip", "other"}
        settings.ROOMS_ALLOW_UNLISTED = False
        assert query_rooms(["GONE", "vip", "other"]).keys() == {"vip"}

    def test_bans_are_read_with_the_rooms_that_they_are_in_force_in(self):
        vip, lobby = make_room("VIP"), make_room("lobby")
        over = timezone.now() - timedelta(minutes=1)
        for room, member, end in ((vip, "here", None), (None, "anywhere", None), (lobby, "over", over)):
            Ban.objects.create(room=room, member=member, until=end)
        banned = {
            key: {ban[1] for ban in room.banned} for key, room in query_rooms(["vip", "lobby", "x"]).items()
        }
        assert banned == {"vip": {"here", "anywhere"}, "lobby": {"anywhere"}, "x": {"anywhere"}}

    def test_many_rooms_take_three_queries(self, django_assert_num_queries):
        keeping_room("VIP")
        with django_assert_num_queries(3):
            found = query_rooms(["vip", *map(str, range(50))])
        assert len(found) == 51
        assert not any(room.restricted for room in found.values())


class Queries:
    """Stands in for `query_rooms`: waits for `go`, and finds a room of each name but "gone"."""

    def __init__(self) -> None:
        self.names: list[set[str]] = []
        self.go = threading.Event()
        self.error: Exception | None = None

    def query_rooms(self, names: Collection[str]) -> dict[str, Room]:
        """A query that takes as long as a test wants."""
        error = self.error
        self.names.append(set(names))
        assert self.go.wait(TIMEOUT)
        if error is not None:
            raise error
        return {name: Room(name=name) for name in names if name != "gone"}


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Queries:
    """The queries of loaders."""
    queries = Queries()
    monkeypatch.setattr(module, "query_rooms", queries.query_rooms)
    return queries


async def loading(loader: RoomLoader, *names: str) -> "list[asyncio.Task[dict[str, Room]]]":
    """Callers that have asked, for one name each."""
    tasks = [asyncio.create_task(loader.load([name])) for name in names]
    await asyncio.sleep(0)
    return tasks


class TestSharing:
    async def test_callers_that_ask_together_share_one_query(self, queries, monkeypatch):
        """Each gets the rooms that it asked for, by key. Many names take several queries."""
        monkeypatch.setattr(module, "MAX_KEYS", 3)
        queries.go.set()
        found = await asyncio.gather(load_rooms(["a", "b"]), load_rooms(["b"]), load_rooms(["gone", "c"]))
        assert [set(rooms) for rooms in found] == [{"a", "b"}, {"b"}, {"c"}]
        assert sorted(map(len, queries.names)) == [1, 3]

    async def test_a_query_that_began_before_a_caller_asked_does_not_answer_it(self, queries):
        loader = RoomLoader()
        (first,) = await loading(loader, "a")
        await until(lambda: len(queries.names) == 1)
        later = await loading(loader, "a", "b", "a")
        queries.go.set()
        await asyncio.gather(first, *later)
        assert queries.names == [{"a"}, {"a", "b"}]

    async def test_batched_callers_wait_a_while_for_others(self, queries, monkeypatch):
        queries.go.set()
        loader = RoomLoader()
        found = await asyncio.gather(*(loader.load([name], batch=True) for name in "ab"))
        assert [set(rooms) for rooms in found] == [{"a"}, {"b"}]
        assert queries.names == [{"a", "b"}]
        monkeypatch.setattr(module, "BATCH_SECONDS", TIMEOUT)
        batch = [asyncio.create_task(loader.load([name], batch=True)) for name in "ab"]
        await settle()
        assert (await loader.load(["c"])).keys() == {"c"}
        assert [(await task).keys() for task in batch] == [{"a"}, {"b"}]
        assert queries.names[1:] == [{"a", "b", "c"}]

    async def test_a_failure_reaches_the_callers_that_share_it_and_no_others(self, queries):
        queries.error = OperationalError("no store")
        loader = RoomLoader()
        failing = await loading(loader, "a", "b")
        await until(lambda: len(queries.names) == 1)
        queries.error = None
        (later,) = await loading(loader, "a")
        queries.go.set()
        for task in failing:
            with pytest.raises(OperationalError, match="no store"):
                await task
        assert (await later).keys() == {"a"}
