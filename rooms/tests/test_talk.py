"""What is said in a room, and to whom."""

import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from rooms import posting as speech
from rooms.tests.support import APPLICATIONS, Client, entered, make_room

pytestmark = pytest.mark.django_db(transaction=True)

everywhere = pytest.mark.parametrize("application", APPLICATIONS)


class TestWelcome:
    async def test_a_guest_may_choose_a_name(self) -> None:
        """The welcome tells the client who it is."""
        async with entered("lobby", name=" Ada ") as client:
            you = client.welcome["you"]
        assert (you["name"], you["guest"]) == ("Ada", True)
        assert re.fullmatch(r"[0-9a-f]{24}", you["id"])

    async def test_a_guest_without_a_name_is_given_one(self) -> None:
        """`guest-` and a few random characters."""
        async with entered("lobby", name="\u202e") as client:
            assert re.fullmatch(r"guest-\w+", client.welcome["you"]["name"])

    async def test_a_user_is_no_guest(self) -> None:
        """A logged-in user has the account's name, whatever the query says."""
        user = await User.objects.acreate_user("ada")
        async with entered("lobby", user=user, name="root", key="x" * 20) as one:
            async with entered("lobby", user=user) as other:
                assert one.welcome["you"] == other.welcome["you"]
            assert (one.welcome["you"]["name"], one.welcome["you"]["guest"]) == ("ada", False)
            assert (await one.ask("hi"))["from"] == one.welcome["you"]

    async def test_our_subprotocol_is_selected(self) -> None:
        """It may be offered, among others."""
        client = Client("lobby", subprotocols=["other", "rtproject.v1"])
        assert await client.knock() == (True, "rtproject.v1")
        await client.disconnect()


class TestMessages:
    @everywhere
    async def test_everybody_hears_a_message_the_sender_too(self, application: str) -> None:
        """Both members get one frame with exactly these fields, and the sender's own `id` in it."""
        async with entered("lobby", application, name="Ada") as ada, entered("lobby", application) as bob:
            heard = await ada.ask({"type": "say", "text": "hi <b>", "id": "7", "from": "root"})
            assert await bob.next() == heard
            at = heard.pop("at")
            assert heard == {
                "type": "message",
                "room": "lobby",
                "from": ada.welcome["you"],
                "text": "hi <b>",
                "id": "7",
            }
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
            assert (await bob.ask("plain"))["text"] == (await ada.next())["text"] == "plain"

    async def test_messages_come_in_order(self) -> None:
        """What one member says arrives as it was said."""
        async with entered("lobby") as ada, entered("lobby") as bob:
            for number in range(10):
                await ada.put(str(number))
            assert [(await bob.next())["text"] for _ in range(10)] == [str(number) for number in range(10)]

    async def test_a_rooms_name_is_compared_without_case(self) -> None:
        """Members of a listed room hear each other, however they wrote its name; so do those of an unlisted one."""
        await sync_to_async(make_room)("VIP", None)
        for names, shown in ((("VIP", "vip"), "VIP"), (("Here", "hERE"), "here")):
            async with entered(names[0]) as ada, entered(names[1]) as bob:
                message = await ada.ask("hi")
                assert message["room"] == shown
                assert await bob.next() == message

    async def test_rooms_hear_nothing_of_each_other(self) -> None:
        """What is said in one room stays there."""
        async with entered("one") as ada, entered("other") as bob:
            await ada.ask("hi")
            assert await bob.still_here()

    async def test_who_left_hears_nothing_and_the_others_go_on(self) -> None:
        """A member's end costs nobody a message."""
        async with entered("lobby") as ada:
            async with entered("lobby"):
                pass
            assert (await ada.ask("hi"))["text"] == "hi"


async def test_who_speaks_hears_it_without_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart of Redis it may take a message and bring it back to nobody; the sender gets an answer."""

    async def swallow(*_: Any, **__: Any) -> None:
        """Takes it, and that is all."""

    monkeypatch.setattr(speech, "broadcast", swallow)
    async with entered("unlisted") as ada, entered("unlisted") as bob:
        assert (await ada.ask("hi"))["text"] == "hi"
        assert (await bob.next())["text"] == "hi"
