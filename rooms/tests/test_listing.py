"""The list of rooms: which ones, in which order, and what is known of each."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import Error

from rooms import listing
from rooms.api import adelete_message, apost_message
from rooms.listing import RoomList, RoomSummary, current_room_list
from rooms.models import MessageSequence, Room
from rooms.tests.support import entered, layer_unavailable, make_room

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@sync_to_async
def make(name: str, minutes_ago: int | None = None, **fields: Any) -> None:
    """A room whose last message is so old; None if it has none."""
    room = make_room(name, fields.pop("password", None), **fields)
    if minutes_ago is not None:
        MessageSequence.objects.create(room=room, epoch="e1", last_at=NOON - timedelta(minutes=minutes_ago))


@pytest.fixture(autouse=True)
def _always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from one list to the next."""
    monkeypatch.setattr(listing, "FRESH_SECONDS", 0.0)


def counts(found: RoomList) -> list[tuple[str, int | None]]:
    """The listed rooms with their counts of members."""
    return [(entry.name, entry.members) for entry in found.entries]


async def test_a_room_is_listed_with_all_that_a_stranger_may_know():
    """A room that keeps nothing has no last message, even if it kept some once."""
    await make("VIP", 5, title="The VIPs", password="secret123", closed=True)
    await make("z", 7, history_size=0)
    found = await current_room_list()
    assert (found.total, found.people) == (2, 0)
    assert found.entries == (
        RoomSummary("VIP", "The VIPs", True, True, True, NOON - timedelta(minutes=5), 0, 0),
        RoomSummary("z", "", False, False, False, None, 0),
    )


async def test_rooms_with_members_come_first_by_title_and_others_by_their_last_message():
    titles = {"in-2": "Älteste", "in-1": "Zeta", "in-3": "zeta 3"}
    for name, minutes in (
        ("never", None), ("long-ago", 100), ("lately", 1), ("in-2", 50), ("in-3", 1), ("in-1", None)
    ):  # fmt: skip
        await make(name, minutes, title=titles.get(name, ""))
    async with (
        entered("in-2"), entered("in-1"), entered("in-1", key="k" * 16), entered("in-1", key="k" * 16),
        entered("in-3"),
    ):  # fmt: skip
        found = await current_room_list()
    with_members = [("in-1", 2), ("in-3", 1), ("in-2", 1)]
    assert counts(found) == [*with_members, ("lately", 0), ("long-ago", 0), ("never", 0)]


async def test_only_of_a_room_that_anybody_may_enter_the_last_text_is_shown(settings):
    """That is neither a password, nor a group, nor an access class stands before it; a deleted one is not shown."""
    for name, password in (("lobby", None), ("VIP", "secret123"), ("staff", None)):
        await make(name, password=password)
        await apost_message(name, "first", sender="Bob")
        await apost_message(name, "second" * 100, sender="Bob")
    await sync_to_async(grouped)("staff")

    async def texts() -> dict[str, tuple[str, str, int]]:
        entries = (await current_room_list()).entries
        return {entry.name: (entry.last_by, entry.last_text[:8], entry.seq) for entry in entries}

    assert await texts() == {"lobby": ("Bob", "secondse", 2), "VIP": ("", "", 2), "staff": ("", "", 2)}
    await adelete_message("lobby", 2)
    assert (await texts())["lobby"] == ("Bob", "first", 3)
    settings.ROOMS_ACCESS = "rooms.tests.access.own_rules.Everybody"
    assert (await texts())["lobby"] == ("", "", 3)


def grouped(name: str) -> None:
    """Make the room one for a group."""
    Room.objects.get(name=name).groups.add(Group.objects.create(name="staff"))


async def test_of_an_unlisted_room_only_the_members_are_counted():
    """They do not count for a row of the same name."""
    await make("lobby")
    async with entered("secret-meeting"), entered("lobby"), entered("late"):
        await sync_to_async(Room.objects.bulk_create)([Room(name="late")])  # without a signal
        found = await current_room_list()
    assert counts(found) == [("lobby", 1), ("late", 0)]
    assert found.people == 3
    assert "secret-meeting" not in repr(found)


async def test_the_number_of_listed_rooms_is_bounded(monkeypatch):
    """The number of all rooms is known."""
    monkeypatch.setattr(listing, "MAX_LISTED", 2)
    for name, minutes in (("a", 9), ("b", 2), ("c", 1), ("d", None)):
        await make(name, minutes)
    async with entered("d"):
        found = await current_room_list()
    assert (counts(found), found.total) == ([("d", 1), ("c", 0)], 4)


async def test_without_the_layer_the_rooms_are_listed_without_counts(monkeypatch):
    await make("a", 2)
    await make("b", 1)
    monkeypatch.setattr(listing, "count_by_row", layer_unavailable)
    found = await current_room_list()
    assert (counts(found), found.total, found.people) == ([("b", None), ("a", None)], 2, None)


@pytest.mark.parametrize("hangs", [False, True])
async def test_without_the_store_there_is_no_list(monkeypatch, hangs):
    async def fail(_: dict[int, int]) -> None:
        if hangs:
            await asyncio.Event().wait()
        raise Error("no store")

    monkeypatch.setattr(listing, "_read_rooms", fail)
    monkeypatch.setattr(listing, "STORE_TIMEOUT", 0.01)
    async with entered("somewhere"):
        assert await current_room_list() == RoomList(people=1)
