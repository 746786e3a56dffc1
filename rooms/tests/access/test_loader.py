"""One look at the store for all who ask at once."""

import asyncio
import threading
from collections.abc import Collection

import pytest
from django.db import OperationalError

from rooms.access import loader as reader
from rooms.access.loader import RoomLoader, load_rooms
from rooms.models import Room
from rooms.tests.listeners import PATIENCE
from rtproject.websocket.tests.helpers import settle

pytestmark = pytest.mark.django_db(transaction=True)  # whoever reads looks after the connections


class Looks:
    """Stands in for `doors.query_rooms`: waits for `go`, and finds a room of each name but "gone"."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.go = threading.Event()
        self.error: Exception | None = None

    def query_rooms(self, names: Collection[str]) -> dict[str, Room]:
        """A look that takes as long as a test wants."""
        error = self.error
        self.asked.append(set(names))
        assert self.go.wait(PATIENCE)
        if error is not None:
            raise error
        return {name: Room(name=name) for name in names if name != "gone"}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """The looks that a reader takes."""
    looks = Looks()
    monkeypatch.setattr(reader, "query_rooms", looks.query_rooms)
    return looks


async def asking(reader: RoomLoader, *names: str) -> "list[asyncio.Task[dict[str, Room]]]":
    """Some who have asked, for one name each."""
    tasks = [asyncio.create_task(reader.load([name])) for name in names]
    await asyncio.sleep(0)
    return tasks


async def begun(looks: Looks, count: int) -> None:
    """Returns when so many looks have begun."""
    async with asyncio.timeout(PATIENCE):
        while len(looks.asked) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_all_who_ask_at_once_share_one_look(looks: Looks) -> None:
    """Each gets what they asked for, by key, and what is not there is missing."""
    looks.go.set()
    one = RoomLoader()
    found = await asyncio.gather(one.load(["A", "b"]), one.load(["B"]), one.load(["gone", "c"]))
    assert [set(rooms) for rooms in found] == [{"a", "b"}, {"b"}, {"c"}]
    assert looks.asked == [{"a", "b", "c", "gone"}]


async def test_a_look_that_began_before_is_not_used(looks: Looks) -> None:
    """Who asks while one is being taken waits for the next, with all the others who do."""
    one = RoomLoader()
    (first,) = await asking(one, "a")
    await begun(looks, 1)
    later = await asking(one, "a", "b", "a")
    looks.go.set()
    await asyncio.gather(first, *later)
    assert looks.asked == [{"a"}, {"a", "b"}]


async def test_the_patient_share_a_look_that_somebody_else_has_taken(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long they would wait by themselves."""
    monkeypatch.setattr(reader, "BATCH_SECONDS", PATIENCE)
    looks.go.set()
    one = RoomLoader()
    batch = [asyncio.create_task(one.load([name], batch=True)) for name in "ab"]
    await settle()
    assert looks.asked == []
    assert (await one.load(["c"])).keys() == {"c"}
    assert [(await task).keys() for task in batch] == [{"a"}, {"b"}]
    assert looks.asked == [{"a", "b", "c"}]


async def test_the_patient_get_a_look_of_their_own_at_last(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for all of them."""
    monkeypatch.setattr(reader, "BATCH_SECONDS", 0.01)
    looks.go.set()
    one = RoomLoader()
    found = await asyncio.gather(*(one.load([name], batch=True) for name in "ab"))
    assert [rooms.keys() for rooms in found] == [{"a"}, {"b"}]
    assert looks.asked == [{"a", "b"}]


async def test_an_error_reaches_everybody_who_shares_it(looks: Looks) -> None:
    """And nobody else: the next look is another one."""
    looks.error = OperationalError("no store")
    one = RoomLoader()
    failing = await asking(one, "a", "b")
    await begun(looks, 1)
    looks.error = None
    (later,) = await asking(one, "a")
    looks.go.set()
    for task in failing:
        with pytest.raises(OperationalError, match="no store"):
            await task
    assert (await later).keys() == {"a"}


async def test_who_gives_up_costs_the_others_nothing(looks: Looks) -> None:
    """The look goes on, also if nobody waits for it any more, and even if it fails then."""
    looks.error = OperationalError("no store")
    one = RoomLoader()
    (alone,) = await asking(one, "a")
    await begun(looks, 1)
    alone.cancel()
    await settle()
    looks.error = None
    first, second = await asking(one, "b", "b")
    first.cancel()
    looks.go.set()
    assert (await second).keys() == {"b"}


async def test_many_names_are_read_in_parts(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query takes no more than so many."""
    monkeypatch.setattr(reader, "MAX_NAMES", 2)
    looks.go.set()
    assert (await RoomLoader().load("abcde")).keys() == set("abcde")
    assert sorted(map(len, looks.asked)) == [1, 2, 2]


async def test_the_process_has_one_reader(looks: Looks) -> None:
    """Whoever asks by the function shares the looks."""
    looks.go.set()
    await asyncio.gather(load_rooms(["a"]), load_rooms(["b"]))
    assert looks.asked == [{"a", "b"}]
