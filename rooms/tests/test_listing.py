"""What the list of rooms shows: which rooms, in which order, and what is known of each."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import Error

from rooms import listing
from rooms.listing import current_room_list
from rooms.models import MessageSequence, Room
from rooms.tests.support import entered, make_room, out_of_reach

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@sync_to_async
def make(name: str, minutes_ago: int | None = None, **fields: Any) -> Room:
    """A room whose last message is so old; None: nobody has said anything yet."""
    room = make_room(name, fields.pop("password", None), **fields)
    if minutes_ago is not None:
        MessageSequence.objects.create(room=room, epoch="e1", last_at=NOON - timedelta(minutes=minutes_ago))
    return room


@pytest.fixture(autouse=True)
def _always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from one look to the next."""
    monkeypatch.setattr(listing, "FRESH_SECONDS", 0.0)


async def names() -> list[str]:
    """The names that are listed now."""
    return [entry.name for entry in (await current_room_list()).entries]


async def test_a_room_is_listed_with_all_that_a_stranger_may_know() -> None:
    """That it is guarded or closed, how many are in and when something was said; not who, and not what."""
    await make("VIP", 5, title="The VIPs", password="secret123", closed=True)
    found = await current_room_list()
    assert (found.total, found.people) == (1, 0)
    [entry] = found.entries
    assert entry == listing.RoomSummary("VIP", "The VIPs", True, True, True, NOON - timedelta(minutes=5), 0)


async def test_the_rooms_with_somebody_inside_come_first() -> None:
    """By their titles, so that no message moves them; then the others, the last used one first."""
    for name, minutes in (("never", None), ("long-ago", 100), ("lately", 1), ("in-2", 50), ("in-1", None)):
        await make(name, minutes, title={"in-2": "Älteste", "in-1": "Zeta"}.get(name, ""))
    async with entered("in-2"), entered("in-1"), entered("in-1", key="k" * 16), entered("in-1", key="k" * 16):
        found = await current_room_list()
    assert [(entry.name, entry.members) for entry in found.entries] == [
        ("in-1", 2),
        ("in-2", 1),
        ("lately", 0),
        ("long-ago", 0),
        ("never", 0),
    ]


async def test_titles_are_sorted_as_people_do_it() -> None:
    """Without a difference between small letters and capitals; a room without a title has its name."""
    for name, title in (("b", ""), ("x", "a title"), ("c", ""), ("y", "C title")):
        await make(name, title=title)
    async with entered("b"), entered("x"), entered("c"), entered("y"):
        assert await names() == ["x", "b", "c", "y"]


async def test_an_unlisted_room_is_in_no_list() -> None:
    """Its members count among the people, and nothing else of it is told."""
    await make("lobby")
    async with entered("secret-meeting"), entered("lobby"):
        found = await current_room_list()
    assert [entry.name for entry in found.entries] == ["lobby"]
    assert found.people == 2
    assert "secret-meeting" not in repr(found)


async def test_an_unlisted_room_does_not_count_for_a_row_of_its_name() -> None:
    """Whoever is still in the open room of that name is not in the new one."""
    async with entered("lobby"):
        await sync_to_async(Room.objects.bulk_create)(
            [Room(name="lobby")]
        )  # without a signal: nobody notices yet
        found = await current_room_list()
    assert [(entry.name, entry.members) for entry in found.entries] == [("lobby", 0)]
    assert found.people == 1


async def test_a_room_that_keeps_nothing_tells_no_time() -> None:
    """Also if it kept messages once."""
    await make("fleeting", 5, history_size=0)
    [entry] = (await current_room_list()).entries
    assert (entry.keeps, entry.last_at) == (False, None)


async def test_only_so_many_rooms_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with somebody inside, then those that were used last; the number of all is known."""
    monkeypatch.setattr(listing, "MAX_LISTED", 2)
    for name, minutes in (("a", 9), ("b", 2), ("c", 1), ("d", None)):
        await make(name, minutes)
    async with entered("d"):
        found = await current_room_list()
    assert [entry.name for entry in found.entries] == ["d", "c"]
    assert found.total == 4


async def test_without_the_layer_nobody_knows_how_many_are_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms are listed all the same, the last used one first."""
    await make("a", 2)
    await make("b", 1)
    monkeypatch.setattr(listing, "is_shared", lambda: True)
    monkeypatch.setattr(listing, "count_by_room", out_of_reach)
    found = await current_room_list()
    assert [(entry.name, entry.members) for entry in found.entries] == [("b", None), ("a", None)]
    assert (found.total, found.people) == (2, None)


async def test_without_the_store_there_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many people are in is known all the same."""

    async def fail(_: dict[int, int]) -> None:
        raise Error("dark")

    monkeypatch.setattr(listing, "_read_rooms", fail)
    async with entered("somewhere"):
        assert await current_room_list() == listing.RoomList(people=1)


async def test_a_store_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look ends."""

    async def hang(_: dict[int, int]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(listing, "_read_rooms", hang)
    monkeypatch.setattr(listing, "STORE_TIMEOUT", 0.01)
    assert (await current_room_list()).total is None


async def test_many_who_look_cost_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store and the processes are asked once for all of them."""
    monkeypatch.setattr(listing, "FRESH_SECONDS", 60.0)
    await make("lobby")
    await asyncio.gather(*(current_room_list() for _ in range(50)))
    await make("later")
    assert await names() == ["lobby"]
