"""Who gets into a room, and what turns the others away."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.signed_cookies import SessionStore
from pytest_django import Settings

from rooms.access.passwords import admit
from rooms.models import Room
from rooms.names import room_group
from rooms.presence import query as census
from rooms.tests.listeners import until
from rooms.tests.support import APPLICATIONS, Client, entered, make_room, out_of_reach, refusal
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupRegistry, current_registry

pytestmark = pytest.mark.django_db(transaction=True)

new_room = sync_to_async(make_room)
everywhere = pytest.mark.parametrize("application", APPLICATIONS)


class TestPassword:
    @everywhere
    async def test_a_missing_or_wrong_one_is_forbidden(self, application: str) -> None:
        """Closed with 4003 before it was accepted, and no group was joined."""
        await new_room()
        assert await refusal("VIP", application) == CloseCode.FORBIDDEN
        for wrong in (
            "",
            "wrong",
            "Secret123",
            "secret123 ",
            "secret123\0",
            "\0secret123",
            "secret123\ufffd",
        ):
            assert await refusal("VIP", application, **{"pass": wrong}) == CloseCode.FORBIDDEN

    @everywhere
    async def test_the_right_one_opens_the_room(self, application: str) -> None:
        """The first frame is the welcome."""
        await new_room(title="The VIPs")
        async with entered("VIP", application, **{"pass": "secret123"}) as client:
            assert client.welcome["room"] == "VIP"
            assert client.welcome["title"] == "The VIPs"

    async def test_of_repeated_ones_the_last_counts(self) -> None:
        """Neither of several passwords is tried but the last."""
        await new_room()
        right_first = [("pass", "secret123"), ("pass", "wrong")]
        assert await refusal("VIP", pairs=right_first) == CloseCode.FORBIDDEN
        assert await refusal("VIP", pairs=[("pass", "secret123"), ("pass", "")]) == CloseCode.FORBIDDEN
        async with entered("VIP", pairs=right_first[::-1]):
            pass

    async def test_an_open_room_ignores_it(self) -> None:
        """Any password opens a room that has none, listed or not."""
        await new_room("lobby", None)
        for room in ("lobby", "elsewhere"):
            async with entered(room, **{"pass": "any\0thing"}):
                pass

    async def test_an_admitted_session_needs_none(self) -> None:
        """A session that the page let in opens the room; a password that is given all the same must be right."""
        session = SessionStore()
        admit(session, await new_room())
        client = Client("VIP")
        client.scope["session"] = session
        assert await client.knock() == (True, None)
        await client.disconnect()
        other = Client("VIP", pairs=[("pass", "wrong")])
        other.scope["session"] = session
        assert await other.knock() == (False, CloseCode.FORBIDDEN)
        await other.disconnect()


class TestRoomsThatAreNotThere:
    @everywhere
    @pytest.mark.parametrize("name", ["a b", "a.b", "ä", "x" * 65, "a\n", "\0"])
    async def test_a_bad_name_is_not_found(self, application: str, name: str) -> None:
        """What no room can be called is closed with 4004."""
        assert await refusal(name, application) == CloseCode.NOT_FOUND

    @everywhere
    async def test_a_deleted_room_is_not_found(self, application: str) -> None:
        """Its name is no way in, with the password or without, in any case."""
        await (await new_room()).adelete()
        for name in ("VIP", "vip"):
            assert await refusal(name, application, **{"pass": "secret123"}) == CloseCode.NOT_FOUND

    async def test_unlisted_rooms_can_be_off(self, settings: Settings) -> None:
        """With ROOMS_ALLOW_UNLISTED off only listed rooms are found."""
        settings.ROOMS_ALLOW_UNLISTED = False
        await new_room("lobby", None)
        assert await refusal("elsewhere") == CloseCode.NOT_FOUND
        async with entered("LOBBY"):
            pass

    async def test_an_unlisted_room_is_a_room(self) -> None:
        """It has its name as title and keeps nothing."""
        async with entered("Elsewhere") as client:
            room = {key: client.welcome[key] for key in ("room", "title", "history")}
        assert room == {"room": "elsewhere", "title": "elsewhere", "history": False}
        assert await Room.objects.acount() == 0


class TestLimits:
    async def test_a_closed_room_takes_nobody(self) -> None:
        """Closed with 4104, but only for who has the password."""
        await new_room(closed=True)
        assert await refusal("VIP", **{"pass": "secret123"}) == CloseCode.CLOSED
        assert await refusal("VIP", **{"pass": "wrong"}) == CloseCode.FORBIDDEN

    async def test_a_full_room_takes_nobody_else(self) -> None:
        """A member may come in once more, a stranger gets 4100, and a place that is left can be taken."""
        await new_room("lobby", None, member_limit=2)
        ada, bob = "ada-" * 5, "bob-" * 5
        async with entered("lobby", key=ada), entered("LOBBY", key=ada):
            async with entered("lobby", key=bob):
                stranger = Client("lobby")
                assert await stranger.knock() == (False, CloseCode.ROOM_FULL)
                await stranger.disconnect()
                async with entered("lobby", key=bob):
                    pass
            async with entered("lobby"):
                pass

    async def test_a_limit_of_nobody_is_one(self) -> None:
        """Zero is a limit too."""
        await new_room("lobby", None, member_limit=0)
        assert await refusal("lobby") == CloseCode.ROOM_FULL

    async def test_who_was_turned_away_takes_no_place(self) -> None:
        """A refusal after the place was taken gives it back."""
        await new_room("lobby", None, member_limit=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(GroupRegistry, "join", out_of_reach)
            assert await refusal("lobby") == CloseCode.UNAVAILABLE
        async with entered("lobby"):
            pass


async def test_nothing_is_joined_before_the_password_was_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spy on the fan-out sees the group of the one who was let in, and the one of all processes with members."""
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
    async with entered("VIP", **{"pass": "secret123"}):
        assert joined == [census.GROUP, room_group("vip")]
        assert list(current_registry()._groups) == joined
    await until(lambda: not current_registry()._groups)
