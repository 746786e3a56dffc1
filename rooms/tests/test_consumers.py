"""Admission to a room: passwords, names, limits, and changes meanwhile."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import OperationalError

from rooms import consumers
from rooms.access import loader
from rooms.access.passwords import admit
from rooms.models import Room
from rooms.names import room_group
from rooms.tests.support import (
    APPLICATIONS,
    TIMEOUT,
    Client,
    change_room,
    entered,
    layer_unavailable,
    make_room,
    recreate_room,
    refusal,
    set_password,
    until,
)
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupRegistry, current_registry

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(make_room)
everywhere = pytest.mark.parametrize("application", APPLICATIONS)
SECRET = {"pass": "secret123"}
ADA, BOB = "ada-" * 5, "bob-" * 5


class TestPassword:
    @everywhere
    async def test_only_the_right_one_opens_the_room(self, application):
        await new_room(title="The VIPs")
        assert await refusal("VIP", application) == CloseCode.FORBIDDEN
        for wrong in ("", "wrong", "Secret123", "secret123 ", "secret123\0", "secret123\ufffd"):
            assert await refusal("VIP", application, **{"pass": wrong}) == CloseCode.FORBIDDEN
        async with entered("VIP", application, **SECRET) as client:
            assert (client.welcome["room"], client.welcome["title"]) == ("VIP", "The VIPs")

    @pytest.mark.parametrize(("set_as", "sent_as"), [("\u00e9", "e\u0301"), ("e\u0301", "\u00e9")])
    async def test_its_letters_may_be_composed_or_not(self, set_as, sent_as):
        await new_room(password=set_as)
        async with entered("VIP", **{"pass": sent_as}):
            pass

    async def test_of_repeated_ones_the_last_counts(self):
        await new_room()
        right_first = [("pass", "secret123"), ("pass", "wrong")]
        assert await refusal("VIP", pairs=right_first) == CloseCode.FORBIDDEN
        async with entered("VIP", pairs=right_first[::-1]):
            pass

    async def test_an_admitted_session_needs_none(self):
        """One that is given all the same must be right."""
        session = SessionStore()
        admit(session, await new_room())
        async with entered("VIP", session=session):
            pass
        assert await refusal("VIP", session=session, **{"pass": "wrong"}) == CloseCode.FORBIDDEN

    async def test_no_group_is_joined_before_it_was_right(self, monkeypatch):
        await new_room()
        joined: list[str] = []
        join = GroupRegistry.join

        async def spy(self: GroupRegistry, name: str, member: Any) -> None:
            joined.append(name)
            await join(self, name, member)

        monkeypatch.setattr(GroupRegistry, "join", spy)
        await refusal("VIP")
        await refusal("VIP", **{"pass": "wrong"})
        assert joined == []
        async with entered("VIP", **SECRET):
            assert joined == list(current_registry()._groups) == [room_group("vip")]
        await until(lambda: not current_registry()._groups)


class TestNames:
    @everywhere
    async def test_a_bad_name_or_a_deleted_room_is_not_found(self, application):
        await (await new_room()).adelete()
        for name in ("a b", "ä", "x" * 65, "a\n", "\0", "VIP", "vip"):
            assert await refusal(name, application, **SECRET) == CloseCode.NOT_FOUND

    async def test_an_unlisted_room_is_open_and_keeps_nothing(self, settings):
        """Unlisted rooms can be switched off."""
        await new_room("lobby", None)
        async with entered("Elsewhere", **{"pass": "any\0thing"}) as client:
            room = {key: client.welcome[key] for key in ("room", "title", "history")}
        assert room == {"room": "elsewhere", "title": "elsewhere", "history": False}
        settings.ROOMS_ALLOW_UNLISTED = False
        assert await refusal("elsewhere") == CloseCode.NOT_FOUND
        async with entered("LOBBY", **{"pass": "ignored"}):
            pass


class TestLimits:
    async def test_a_closed_room_admits_no_newcomers(self):
        """With a wrong password the code does not tell that the room is closed."""
        await new_room(closed=True)
        assert await refusal("VIP", **SECRET) == CloseCode.CLOSED
        assert await refusal("VIP", **{"pass": "wrong"}) == CloseCode.FORBIDDEN

    async def test_a_full_room_admits_only_its_members(self):
        """A seat that was left can be taken."""
        await new_room("lobby", None, member_limit=2)
        async with entered("lobby", key=ADA), entered("LOBBY", key=ADA):
            async with entered("lobby", key=BOB), entered("lobby", key=BOB):
                assert await refusal("lobby") == CloseCode.ROOM_FULL
            async with entered("lobby"):
                pass

    async def test_an_address_gets_so_many_places_in_a_room_with_a_limit(self, settings):
        settings.ROOMS_ADDRESS_PLACES = 1
        await new_room("lobby", None, member_limit=9)
        await new_room("hall", None)
        clients = [Client(room, address="192.0.2.1") for room in ("lobby", "lobby", "hall")]
        found = [await client.connect(timeout=TIMEOUT) for client in clients]
        assert found == [(True, None), (False, CloseCode.ROOM_FULL), (True, None)]
        for client in clients:
            await client.disconnect(timeout=TIMEOUT)

    async def test_a_denied_newcomer_gives_its_seat_back(self):
        await new_room("lobby", None, member_limit=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(GroupRegistry, "join", layer_unavailable)
            assert await refusal("lobby") == CloseCode.UNAVAILABLE
        async with entered("lobby"):
            pass


async def no_store(names: Any, batch: bool) -> dict[str, Room]:
    raise OperationalError("no store")


async def test_without_the_store_no_one_enters(monkeypatch):
    monkeypatch.setattr(consumers, "load_rooms", no_store)
    assert await refusal("lobby") == CloseCode.UNAVAILABLE


def restrict() -> None:
    """Leave the only room to the members of a group."""
    Room.objects.get().groups.add(Group.objects.create(name="team"))


CHANGES: dict[str, tuple[Callable[[], object], CloseCode]] = {
    "password changed": (partial(set_password, "other"), CloseCode.PASSWORD_CHANGED),
    "deleted": (Room.objects.all().delete, CloseCode.NOT_FOUND),
    "made again": (recreate_room, CloseCode.NOT_FOUND),
    "restricted": (restrict, CloseCode.FORBIDDEN),
    "closed": (partial(change_room, closed=True), CloseCode.CLOSED),
    "without a seat": (partial(change_room, member_limit=0), CloseCode.ROOM_FULL),
    "listed, and guarded": (make_room, CloseCode.GOING_AWAY),
    "out of reach": (lambda: setattr(consumers, "load_rooms", no_store), CloseCode.UNAVAILABLE),
}


@pytest.mark.parametrize(("change", "code"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_during_admission_is_noticed(change, code, monkeypatch):
    """It happens after the first load of the room, before its group is joined."""
    if change is not make_room:
        await new_room()
    changes = [change]

    async def load_rooms(names: list[str], batch: bool) -> dict[str, Room]:
        found: dict[str, Room] = await loader.load_rooms(names)
        if changes:
            await sync_to_async(changes.pop())()
        return found

    monkeypatch.setattr(consumers, "load_rooms", load_rooms)
    assert await refusal("VIP", **SECRET) == code
