"""Posting: messages are stored and delivered, or broadcast, and published."""

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import DataError, OperationalError

from rooms import consumers, posting, receivers
from rooms.access import moderation
from rooms.access.versions import access_version
from rooms.delivery.registry import current_live_rooms
from rooms.history import writer
from rooms.history.reader import history_page
from rooms.history.store import NewMessage, StoreResult, StoreStatus
from rooms.models import Message
from rooms.names import room_group
from rooms.posting import Publisher, current_writer, deliver_stored
from rooms.protocol import Person
from rooms.tests.delivery.support import listed_room, subscribed
from rooms.tests.support import (
    APPLICATIONS,
    entered,
    keeping_room,
    layer_unavailable,
    make_room,
    new_message,
    put,
    read_again,
    set_password,
    until,
)
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.tests.helpers import settle

pytestmark = pytest.mark.django_db(transaction=True)

everywhere = pytest.mark.parametrize("application", APPLICATIONS)
new_room = sync_to_async(keeping_room)

KEY = "a-key-of-a-program"
HI = {"type": "say", "text": "hi", "id": "7"}


@asynccontextmanager
async def elsewhere(room: str) -> AsyncIterator[None]:
    """Let another process be in the room."""
    layer = get_channel_layer()
    await layer.group_add(room_group(room), "elsewhere")
    yield
    await layer.group_discard(room_group(room), "elsewhere")


class TestUnlistedRoom:
    @everywhere
    async def test_all_members_get_a_message_and_its_sender_too(self, application):
        """They get the same frame, with exactly these fields."""
        async with entered("lobby", application, name="Ada") as ada, entered("lobby", application) as bob:
            message = await ada.ask({**HI, "text": "hi <b>", "from": "root"})
            assert await bob.next() == message
            at, you = message.pop("at"), ada.welcome["you"]
            expected = {"type": "message", "room": "lobby", "from": you, "text": "hi <b>", "id": "7"}
            assert message == expected
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
            for number in range(10):
                await ada.put(str(number))
            assert [(await bob.next())["text"] for _ in range(10)] == [str(number) for number in range(10)]

    async def test_a_message_reaches_only_its_room(self):
        """The name of a room is compared without case, listed or not."""
        await sync_to_async(make_room)("VIP", None)
        for names, name in ((("VIP", "vip"), "VIP"), (("Here", "hERE"), "here")):
            async with entered(names[0]) as ada, entered(names[1]) as bob, entered("other") as eve:
                async with entered(names[1]):
                    pass  # leaves before
                message = await ada.ask("hi")
                assert message["room"] == name
                assert await bob.next() == message
                assert await eve.is_open()

    async def test_members_in_this_process_do_not_need_the_layer_s_echo(self, monkeypatch):
        """After a restart Redis may deliver an event to no one. If it fails, the sender is told."""

        async def swallow(*_: Any, **__: Any) -> None:
            """Take it, and that is all."""

        monkeypatch.setattr(posting, "broadcast", swallow)
        async with entered("unlisted") as ada, entered("unlisted") as bob, elsewhere("unlisted"):
            assert (await ada.ask("hi"))["text"] == (await bob.next())["text"] == "hi"
            monkeypatch.setattr(posting, "broadcast", layer_unavailable)
            answer = await ada.ask(HI)
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "unavailable", "7")
            assert await bob.is_open()


class TestRoomWithHistory:
    @everywhere
    async def test_a_message_is_stored_when_members_get_it(self, application):
        """A replay has the same frame."""
        await new_room()
        async with entered("lobby", application) as ada, entered("LOBBY", application) as bob:
            message = await ada.ask(HI)
            row = await Message.objects.aget()
            assert (row.seq, row.text, row.key) == (1, "hi", "=7")
            assert (message["seq"], message["text"], message["id"]) == (1, "hi", "7")
            assert await bob.next() == message
            async with entered("lobby", application) as late:
                assert await late.next() == message

    @everywhere
    async def test_the_same_id_again_is_answered_to_its_sender_alone(self, application):
        """This holds for any connection of the member."""
        await new_room()
        async with entered("lobby", application, key=KEY) as one, entered("lobby", application) as other:
            await one.ask(HI)
            await other.next()
            assert await one.ask(HI) == {"type": "said", "id": "7", "seq": 1}
            assert await other.is_open()
        async with entered("lobby", application, key=KEY, history="0") as again:
            assert await again.ask(HI) == {"type": "said", "id": "7", "seq": 1}
        assert await Message.objects.acount() == 1

    async def test_the_same_id_for_another_text_is_an_error(self):
        await new_room()
        async with entered("lobby", key=KEY) as ada, entered("lobby") as bob:
            await ada.ask(HI)
            await bob.next()
            answer = await ada.ask({**HI, "text": "ho"})
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "id_used", "7")
            assert await bob.is_open()
            assert (await bob.ask(HI))["seq"] == (await ada.next())["seq"] == 2  # another member's id

    @everywhere
    async def test_a_member_deletes_their_own_message(self, application):
        """Everybody is told in order; no one gets the text any more, and its id is known."""
        await new_room()
        async with entered("lobby", application, key=KEY) as ada, entered("lobby", application) as bob:
            for client in (ada, bob):
                await (ada.ask(HI) if client is ada else bob.next())
            deleted = {"type": "deleted", "seq": 2, "target": 1, "by": "author"}
            assert await ada.ask({"type": "delete", "seq": 1}) == await bob.next() == deleted
            assert await ada.ask(HI) == {"type": "said", "id": "7", "seq": 1}
            async with entered("lobby", application) as late:
                replayed = [await late.next(), await late.next()]
            page = await bob.ask({"type": "history", "before": 3, "limit": 9})
            assert page["messages"] == replayed
            assert (replayed[0]["text"], replayed[0]["deleted"], replayed[1]) == ("", True, deleted)

    async def test_what_is_not_one_s_own_message_cannot_be_deleted(self):
        """A guest without a key has none from before; nothing gets a number."""
        await new_room()
        async with entered("lobby") as ada:
            await ada.ask(HI)
            async with entered("lobby") as bob, entered("unlisted") as eve:
                await bob.next()
                for client, seq in ((bob, 1), (ada, 2), (eve, 1)):
                    answer = await client.ask({"type": "delete", "seq": seq, "id": "d"})
                    assert (answer["type"], answer["code"], answer["id"]) == ("error", "forbidden", "d")
                await ada.ask({"type": "delete", "seq": 1})
                assert (await ada.ask({"type": "delete", "seq": 1}))["code"] == "forbidden"
                assert (await ada.ask("next"))["seq"] == 3

    async def test_staff_with_the_permission_delete_any_message(self):
        """It is in the admin's log without the text, and no longer possible once the permission is gone."""
        await new_room()
        mod = await User.objects.acreate_user("mod", is_staff=True)
        permission = await Permission.objects.aget(codename="delete_message")
        async with entered("lobby") as ada, entered("lobby", user=mod) as moderator:
            for seq in (1, 3):
                await ada.ask("rude")
                await moderator.next()
                assert (await moderator.ask({"type": "delete", "seq": seq}))["code"] == "forbidden"
                await mod.user_permissions.aadd(permission)
                deleted = {"type": "deleted", "seq": seq + 1, "target": seq, "by": "moderator"}
                assert await moderator.ask({"type": "delete", "seq": seq}) == await ada.next() == deleted
                await mod.user_permissions.aclear()
            assert (await moderator.ask("mine"))["seq"] == 5
            assert (await moderator.ask({"type": "delete", "seq": 5}))["by"] == "author"
        entries = [entry async for entry in LogEntry.objects.order_by("pk")]
        assert [entry.user_id for entry in entries] == [mod.pk] * 2
        assert entries[0].is_deletion()
        assert entries[0].object_repr.startswith("lobby, number 1, by guest-")

    async def test_a_moderator_stays_connected_while_the_store_fails(self, monkeypatch):
        """What is deleted is deleted, whether it can be logged or not."""
        await new_room()
        mod = await User.objects.acreate_superuser("mod")

        async def fail(*_: Any) -> None:
            raise OperationalError("gone")

        async with entered("lobby") as ada, entered("lobby", user=mod) as moderator:
            await ada.ask(HI)
            await moderator.next()
            with monkeypatch.context() as patch:
                patch.setattr(moderation, "_may_delete", fail)
                assert (await moderator.ask({"type": "delete", "seq": 1}))["code"] == "forbidden"
            monkeypatch.setattr(moderation, "_log_deletion", fail)
            assert (await moderator.ask({"type": "delete", "seq": 1}))["by"] == "moderator"
            assert (await moderator.ask("still here"))["seq"] == 3

    async def test_a_page_that_was_read_before_a_deletion_does_not_come_after_it(self, monkeypatch):
        await new_room()
        async with entered("lobby") as ada:
            await ada.ask(HI)

            async def late(*args: Any) -> Any:
                monkeypatch.setattr(consumers, "history_page", history_page)
                page = await history_page(*args)
                row = await Message.objects.aget()
                message = new_message(
                    await sync_to_async(read_again)(), member=Person(row.member, "Ada", True)
                )
                await current_writer().store(replace(message, text="", kind="deleted", target=1))
                return page

            monkeypatch.setattr(consumers, "history_page", late)
            assert (await ada.ask({"type": "history", "before": 2, "limit": 1}))["type"] == "deleted"
            assert (await ada.next())["messages"][0]["text"] == ""

    async def test_a_stored_message_is_published_to_the_other_processes(self, monkeypatch):
        """At once, and not when they look into the store. A repeat is not published."""
        published = []

        async def broadcast(group: str, text: str, **tags: Any) -> None:
            published.append((group, json.loads(text)["text"], tags["seq"]))

        monkeypatch.setattr(posting, "broadcast", broadcast)
        await new_room()
        async with entered("lobby") as client:
            await client.ask("only here")  # which spares the layer
            async with elsewhere("lobby"):
                for frame in (HI, HI, "ho"):
                    await client.ask(frame)
                group = room_group("lobby")
                await until(lambda: published == [(group, "hi", 2), (group, "ho", 3)])

    async def test_without_the_store_no_one_gets_the_message(self, monkeypatch):
        """Its sender is told, and may post it again later."""

        def fail(*_: Any, **__: Any) -> None:
            raise DataError("no store")

        await new_room()
        async with entered("lobby") as ada, entered("lobby") as bob:
            with monkeypatch.context() as patch:
                patch.setattr(writer, "store_messages", fail)
                answer = await ada.ask(HI)
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "unavailable", "7")
            assert await bob.is_open()
            assert (await ada.ask(HI))["seq"] == (await bob.next())["seq"] == 1

    async def test_a_commit_with_an_unknown_outcome_ends_the_connection(self, monkeypatch):
        """When the client comes back and posts again, it is told the outcome."""

        async def unknown(self: writer.Writer, message: NewMessage) -> StoreResult:
            return StoreResult(StoreStatus.COMMIT_UNKNOWN)

        monkeypatch.setattr(writer.Writer, "store", unknown)
        await new_room()
        async with entered("lobby") as client:
            await client.put(json.dumps(HI))
            assert await client.code() == CloseCode.UNAVAILABLE

    async def test_a_sender_without_the_new_password_stores_nothing(self, monkeypatch):
        """This process missed the change, and finds it in the store."""
        monkeypatch.setattr(receivers, "announce", lambda name: None)
        await new_room()
        async with entered("lobby") as client:
            await sync_to_async(set_password)("secret123")
            answer = await client.ask(HI)
            assert (answer["code"], answer["id"]) == ("unavailable", "7")
            assert await client.code() == CloseCode.PASSWORD_CHANGED
        assert not await Message.objects.aexists()

    async def test_a_repeat_is_delivered_to_members_that_missed_it(self):
        """It may have been stored by a process that died before it could publish it."""
        room = await new_room()
        live_room = await current_live_rooms().enter(room, lambda key: None)
        member = subscribed(live_room, access_version(room))
        message = new_message(room, "hi", "7")
        await sync_to_async(put)(message)
        (result,) = await sync_to_async(put)(message)
        assert result.status is StoreStatus.REPEATED
        deliver_stored([(message, result)])
        await until(lambda: member.received)
        await current_live_rooms().leave(live_room)


class TestPublisher:
    """Messages are published in order, at the pace of the layer.

    They are in the store, so some may be dropped.
    """

    @pytest.fixture
    def published(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The numbers of the published messages; the layer takes none while the first one is -1."""
        published: list[int] = []

        async def broadcast(group: str, text: str, **tags: Any) -> None:
            assert (group, text) == (room_group("lobby"), "hi")
            assert (tags["access"], tags["epoch"]) == ((1, 0, False), "epoch")
            await until(lambda: published[:1] != [-1])
            if tags["seq"] == 0:
                raise LayerUnavailable("no layer")
            published.append(tags["seq"])

        monkeypatch.setattr(posting, "broadcast", broadcast)
        return published

    async def put(self, publisher: Publisher, *seqs: int) -> None:
        for seq in seqs:
            publisher.put(new_message(listed_room("Lobby")), seq, "hi")
        await settle()

    async def test_a_slow_layer_gets_the_newest_messages_in_order(self, published, monkeypatch):
        monkeypatch.setattr(posting, "MAX_UNPUBLISHED", 2)
        publisher = Publisher()
        published.append(-1)
        await self.put(publisher, 1)
        await self.put(publisher, 2, 3, 4)
        published.clear()
        await until(lambda: len(published) == 3)
        await self.put(publisher, 5)
        assert published == [1, 3, 4, 5]

    async def test_a_failure_of_the_layer_is_logged_once_and_so_is_its_end(self, published, caplog):
        caplog.set_level(logging.INFO)
        await self.put(Publisher(), 0, 0, 3)
        assert published == [3]
        assert caplog.messages == [
            "publishing stored messages fails, and is tried again: LayerUnavailable: no layer",
            "publishing stored messages works again",
        ]
