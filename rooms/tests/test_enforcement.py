"""Who is inside when a room changes."""

import asyncio
from collections.abc import Callable, Collection

import pytest
from asgiref.sync import sync_to_async

from rooms import enforcement as enforcement
from rooms.enforcement import current_enforcement
from rooms.models import Room
from rooms.tests.support import Client, Looks, entered, make_room, set_password
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.lifecycle import running_tasks

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(make_room)


def delete() -> None:
    """What an admin does to the only room."""
    Room.objects.all().delete()


def recreate() -> None:
    """Deletes the only room and makes another one of its name, in one go."""
    name = Room.objects.get().name
    delete()
    make_room(name)


CHANGES: dict[str, tuple[str | None, Callable[[], None], CloseCode]] = {
    "password set": (None, lambda: set_password("first"), CloseCode.PASSWORD_CHANGED),
    "password changed": ("secret123", lambda: set_password("other"), CloseCode.PASSWORD_CHANGED),
    "password set again": ("secret123", lambda: set_password("secret123"), CloseCode.PASSWORD_CHANGED),
    "deleted": ("secret123", delete, CloseCode.NOT_FOUND),
    "deleted while open": (None, delete, CloseCode.NOT_FOUND),
    "made again": ("secret123", recreate, CloseCode.NOT_FOUND),
}


@pytest.mark.parametrize(("password", "change", "code"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_turns_everybody_inside_away(
    password: str | None, change: Callable[[], None], code: CloseCode
) -> None:
    """All members of the room are closed with the code that says why, and those of other rooms stay."""
    await new_room("VIP", password)
    secret = {"pass": "secret123"}
    async with (
        entered("VIP", **secret) as ada,
        entered("vip", "site", **secret) as bob,
        entered("other") as eve,
    ):
        await sync_to_async(change)()
        assert [await ada.code(), await bob.code()] == [code, code]
        assert await eve.still_here()


def remove_password() -> None:
    """What an admin does to the only room."""
    set_password(None)


def close() -> None:
    """What an admin does to the only room: to newcomers."""
    Room.objects.get().save()
    room = Room.objects.get()
    room.closed, room.member_limit, room.title = True, 0, "Closed"
    room.save()


@pytest.mark.parametrize("change", [remove_password, close])
async def test_some_changes_disturb_nobody(change: Callable[[], None], looks: "Looks") -> None:
    """Removing the password, closing the room to newcomers and its limits leave alone who is inside."""
    await new_room()
    async with entered("VIP", **{"pass": "secret123"}) as client:
        await sync_to_async(change)()
        await looks.at("vip")
        assert await client.still_here()


async def test_a_password_after_a_removed_one_turns_away(looks: "Looks") -> None:
    """Who stayed when the password went has to know the new one."""
    await new_room()
    async with entered("VIP", **{"pass": "secret123"}) as client:
        await sync_to_async(remove_password)()
        await looks.at("vip")
        await sync_to_async(set_password)("other")
        assert await client.code() == CloseCode.PASSWORD_CHANGED


async def test_a_new_room_takes_the_place_of_an_unlisted_one() -> None:
    """Its members are told to come back at once, into the listed room."""
    async with entered("vip") as client, entered("other") as eve:
        await new_room("VIP")
        assert await client.code() == CloseCode.GOING_AWAY
        assert await eve.still_here()


async def test_members_are_counted_by_id() -> None:
    """Two connections of one member are one."""
    key = "k" * 20
    async with entered("lobby", key=key) as ada, entered("LOBBY", key=key), entered("lobby") as bob:
        ids = {client.welcome["you"]["id"] for client in (ada, bob)}
        assert current_enforcement().members("lobby") == ids


async def test_a_watch_that_ended_begins_again() -> None:
    """A enforcement whose task is gone starts another one with the next who comes in."""
    async with entered("lobby"):
        (task,) = [task for task in running_tasks().background if task.get_name() == "enforcement"]
        task.cancel()
        await asyncio.wait({task})
        async with entered("vip") as client:
            await new_room("VIP")
            assert await client.code() == CloseCode.GOING_AWAY


async def test_a_room_is_read_once_for_all_who_are_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many hear of a change, the store is asked once."""
    asked: list[list[str]] = []

    async def load_rooms(names: Collection[str]) -> dict[str, Room]:
        asked.append(list(names))
        return {}

    monkeypatch.setattr(enforcement, "load_rooms", load_rooms)
    clients = [Client("lobby") for _ in range(5)]
    for client in clients:
        assert await client.knock() == (True, None)
        await client.next()
    await new_room("lobby")
    assert [await client.code() for client in clients] == [CloseCode.NOT_FOUND] * 5
    assert asked == [["lobby"]]
    for client in clients:
        await client.disconnect()
