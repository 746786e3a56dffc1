"""What is said in a room that keeps it."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError

from rooms import receivers as changes
from rooms.history import writer
from rooms.history.store import StoreResult, StoreStatus
from rooms.models import Message, Room
from rooms.tests.stored import keeping_room, put_many
from rooms.tests.support import APPLICATIONS, Client, entered, set_password
from rtproject.websocket.close_codes import CloseCode

pytestmark = pytest.mark.django_db(transaction=True)

everywhere = pytest.mark.parametrize("application", APPLICATIONS)
new_room = sync_to_async(keeping_room)

KEY = "a-key-of-a-program"
HI = {"type": "say", "text": "hi", "id": "7"}


async def seqs(client: Client, count: int) -> list[int]:
    """The numbers of the next messages."""
    return [(await client.next())["seq"] for _ in range(count)]


class TestWelcome:
    @everywhere
    async def test_it_tells_the_numbering(self, application: str) -> None:
        """Which one it is and how far it goes, before the messages up to there, and then what is said."""
        room = await new_room()
        await sync_to_async(put_many)(room, 60)
        async with entered("lobby", application) as client:
            welcome = {key: client.welcome[key] for key in ("history", "epoch", "seq", "recovered")}
            assert welcome == {"history": True, "epoch": room.epoch, "seq": 60, "recovered": False}
            assert await seqs(client, 50) == list(range(11, 61))
            assert (await client.ask("hi"))["seq"] == 61

    @everywhere
    async def test_who_comes_back_gets_what_was_missed(self, application: str) -> None:
        """No more and no less, if they say where they stopped."""
        room = await new_room()
        await sync_to_async(put_many)(room, 5)
        async with entered("lobby", application, since="3", epoch=room.epoch) as client:
            assert client.welcome["recovered"] is True
            assert await seqs(client, 2) == [4, 5]
            assert await client.still_here()

    async def test_who_asks_for_no_history_gets_none(self) -> None:
        """Only what is said from now on."""
        await sync_to_async(put_many)(await new_room(), 3)
        async with entered("lobby", history="0") as client:
            assert client.welcome["seq"] == 3
            assert (await client.ask("hi"))["seq"] == 4

    async def test_at_most_the_history_size_is_replayed(self) -> None:
        """Also of what is not deleted yet, whatever was asked for."""
        room = await new_room(history_size=2)
        await sync_to_async(put_many)(room, 5)
        async with (
            entered("lobby", history="200") as client,
            entered("lobby", since="2", epoch=room.epoch) as late,
        ):
            assert await seqs(client, 2) == await seqs(late, 2) == [4, 5]
            assert late.welcome["recovered"] is False
            assert await client.still_here()


class TestSaying:
    @everywhere
    async def test_it_is_stored_when_anybody_sees_it(self, application: str) -> None:
        """As it is seen, by everybody alike."""
        await new_room()
        async with entered("lobby", application) as ada, entered("LOBBY", application) as bob:
            said = await ada.ask(HI)
            row = await Message.objects.aget()
            assert (
                (row.seq, row.text, row.client_id)
                == (said["seq"], said["text"], said["id"])
                == (1, "hi", "7")
            )
            assert await bob.next() == said

    @everywhere
    async def test_the_same_id_again_is_answered_and_not_said(self, application: str) -> None:
        """On whatever connection of the member: the sender alone learns its number."""
        await new_room()
        async with entered("lobby", application, key=KEY) as one, entered("lobby", application) as other:
            await one.ask(HI)
            await other.next()
            assert await one.ask(HI) == {"type": "said", "id": "7", "seq": 1}
            assert await other.still_here()
        async with entered("lobby", application, key=KEY, history="0") as again:
            assert await again.ask(HI) == {"type": "said", "id": "7", "seq": 1}
        assert await Message.objects.acount() == 1

    async def test_the_same_id_for_another_text_is_an_error(self) -> None:
        """It has no effect, and names the id."""
        await new_room()
        async with entered("lobby", key=KEY) as ada, entered("lobby") as bob:
            await ada.ask(HI)
            await bob.next()
            answer = await ada.ask({**HI, "text": "ho"})
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "id_used", "7")
            assert await bob.still_here()

    async def test_another_member_may_use_the_same_id(self) -> None:
        """It is another message."""
        await new_room()
        async with entered("lobby", key=KEY) as ada, entered("lobby") as bob:
            assert (await ada.ask(HI))["seq"] == (await bob.next())["seq"] == 1
            assert (await bob.ask(HI))["seq"] == (await ada.next())["seq"] == 2


class TestTrouble:
    async def test_without_the_store_nobody_sees_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sender is told with the id, the connection stays, and new_message it again later works."""

        def fail(*_: Any, **__: Any) -> None:
            raise DataError("no store")

        await new_room()
        async with entered("lobby") as ada, entered("lobby") as bob:
            with monkeypatch.context() as patch:
                patch.setattr(writer, "store_messages", fail)
                answer = await ada.ask(HI)
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "unavailable", "7")
            assert await bob.still_here()
            assert (await ada.ask(HI))["seq"] == (await bob.next())["seq"] == 1

    async def test_who_cannot_be_told_the_truth_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A commit of which nobody knows: who comes back and says it again is told what became of it."""

        async def unknown(self: writer.Writer, new_message: Any) -> StoreResult:
            return StoreResult(StoreStatus.COMMIT_UNKNOWN)

        monkeypatch.setattr(writer.Writer, "store", unknown)
        await new_room()
        async with entered("lobby") as client:
            await client.put(json.dumps(HI))
            assert await client.code() == 4103

    async def test_who_is_outside_by_now_is_told_and_turned_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A password was set, and this process has not heard of it: what is said is a reason to look."""
        monkeypatch.setattr(changes, "announce", lambda name: None)
        await new_room()
        async with entered("lobby") as client:
            await sync_to_async(set_password)("secret123")
            answer = await client.ask(HI)
            assert (answer["code"], answer["id"]) == ("unavailable", "7")
            assert await client.code() == CloseCode.PASSWORD_CHANGED
        assert not await Message.objects.aexists()

    @pytest.mark.parametrize("size", [0, 10])
    async def test_a_history_that_is_switched_sends_everybody_to_a_new_welcome(self, size: int) -> None:
        """Off or on: the numbers mean something else from now on."""
        await new_room(history_size=10 - size)

        def switch() -> None:
            room = Room.objects.get()
            room.history_size = size
            room.save()

        async with entered("lobby") as client:
            await sync_to_async(switch)()
            assert await client.code() == CloseCode.GOING_AWAY
        async with entered("lobby") as client:
            assert client.welcome["history"] is bool(size)
            assert ("seq" in await client.ask("hi")) is bool(size)


class TestLookingBack:
    async def test_older_messages_are_read_page_by_page(self) -> None:
        """Down to the first."""
        await sync_to_async(put_many)(await new_room(), 5)
        async with entered("lobby", history="1") as client:
            await client.next()
            found, before = [], 5
            while (page := await client.ask({"type": "history", "before": before, "limit": 2}))["messages"]:
                assert page["type"] == "history"
                found.append([message["seq"] for message in page["messages"]])
                assert page["more"] is (found[-1][0] > 1)
                before = found[-1][0]
            assert found == [[3, 4], [1, 2]]

    @pytest.mark.parametrize("before", [-1, "5", 1.5, 10**30])
    async def test_a_number_that_is_none_is_an_answer_all_the_same(self, before: object) -> None:
        """A bad frame or a page, and never the end of the connection."""
        await sync_to_async(put_many)(await new_room(), 1)
        async with entered("lobby", history="0") as client:
            answer = await client.ask({"type": "history", "before": before})
            assert answer["type"] in ("error", "history")
            assert answer.get("code", "bad_frame") == "bad_frame"
            assert await client.still_here()
