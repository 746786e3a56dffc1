"""What happens while somebody enters a room: changes of it, and outages."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms import consumers
from rooms.access import loader as reader
from rooms.models import Room
from rooms.tests.support import make_room, out_of_reach, refusal
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupRegistry

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(make_room)


async def no_store(names: Any, batch: bool) -> dict[str, Room]:
    raise OperationalError("no store")


class TestOutages:
    async def test_without_the_store_nobody_enters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not even an open room is open when it cannot be known that it is."""
        monkeypatch.setattr(consumers, "load_rooms", no_store)
        assert await refusal("lobby") == CloseCode.UNAVAILABLE

    async def test_the_store_may_go_between_the_first_look_and_the_second(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who cannot be looked at again after joining does not enter."""
        await new_room()
        between_looks(monkeypatch, lambda: monkeypatch.setattr(consumers, "load_rooms", no_store))
        assert await refusal("VIP", **{"pass": "secret123"}) == CloseCode.UNAVAILABLE

    async def test_without_the_layer_nobody_enters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who could hear nobody is told to come back."""
        monkeypatch.setattr(GroupRegistry, "join", out_of_reach)
        assert await refusal("lobby") == CloseCode.UNAVAILABLE


def between_looks(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Lets `change` happen right after the first look at the room."""
    changed = False

    async def load_rooms(names: list[str], batch: bool) -> dict[str, Room]:
        nonlocal changed
        found: dict[str, Room] = await reader.load_rooms(names)
        if not changed:
            changed = True
            await sync_to_async(change)()
        return found

    monkeypatch.setattr(consumers, "load_rooms", load_rooms)


def change_password() -> None:
    room = Room.objects.get()
    room.set_password("other")
    room.save()


def recreate() -> None:
    Room.objects.get().delete()
    make_room()


def close() -> None:
    Room.objects.update(closed=True)


def fill() -> None:
    Room.objects.update(member_limit=0)


RACES = {
    "password changed": (change_password, CloseCode.PASSWORD_CHANGED),
    "deleted": (lambda: Room.objects.get().delete(), CloseCode.NOT_FOUND),
    "made again": (recreate, CloseCode.NOT_FOUND),
    "closed": (close, CloseCode.CLOSED),
    "without a place": (fill, CloseCode.ROOM_FULL),
}


@pytest.mark.parametrize(("change", "code"), RACES.values(), ids=RACES.keys())
async def test_a_change_while_somebody_enters_is_noticed(
    change: Callable[[], object], code: CloseCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who might have come in a moment ago, before a hash was computed, is turned away by how the room is now."""
    await new_room()
    between_looks(monkeypatch, change)
    assert await refusal("VIP", **{"pass": "secret123"}) == code


async def test_a_room_that_is_listed_while_somebody_enters_is_not_entered_as_unlisted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody slips into a new guarded room through the unlisted one of its name."""
    between_looks(monkeypatch, make_room)
    assert await refusal("VIP") == CloseCode.GOING_AWAY
