"""Inside a room: the welcome and the replay, errors, the message rate, and paging."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from rooms import consumers, posting
from rooms.delivery.replay import catch_up
from rooms.tests.support import APPLICATIONS, TIMEOUT, Client, change_room, entered, keeping_room, put_many
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.throttling.rates import Rate

pytestmark = pytest.mark.django_db(transaction=True)

everywhere = pytest.mark.parametrize("application", APPLICATIONS)


@sync_to_async
def room_with(count: int, **fields: Any) -> str:
    """A room `lobby` with so many messages; return its epoch."""
    room = keeping_room(**fields)
    if count:
        put_many(room, count)
    return room.epoch


async def seqs(client: Client, count: int) -> list[int]:
    """The numbers of the next messages."""
    return [(await client.next())["seq"] for _ in range(count)]


class TestWelcome:
    async def test_at_most_100_members_are_named_with_the_newcomer(self, monkeypatch):
        monkeypatch.setattr(consumers, "MAX_NAMED", 2)
        async with entered("lobby"), entered("lobby"), entered("lobby") as client:
            assert client.welcome["count"] == 3
            assert len(client.welcome["members"]) == 2
            assert client.welcome["you"] in client.welcome["members"]

    @everywhere
    async def test_it_is_followed_by_the_newest_messages_and_then_by_new_ones(self, application):
        epoch = await room_with(60)
        async with entered("lobby", application) as client:
            welcome = {key: client.welcome[key] for key in ("history", "epoch", "seq", "recovered")}
            assert welcome == {"history": True, "epoch": epoch, "seq": 60, "recovered": False}
            assert await seqs(client, 50) == list(range(11, 61))
            assert (await client.ask("hi"))["seq"] == 61

    async def test_it_has_all_that_is_stored(self):
        """Though this process has not heard of it: the newcomer may have seen it in another one."""
        room = await sync_to_async(keeping_room)()
        async with entered("lobby"):
            await sync_to_async(put_many)(room, 2)
            async with entered("lobby") as client:
                assert client.welcome["seq"] == 2
                assert await seqs(client, 2) == [1, 2]

    async def test_members_that_come_during_the_replay_are_told_after_it(self, monkeypatch):
        await room_with(1)
        async with AsyncExitStack() as stack:

            async def slow(*args: Any) -> None:
                monkeypatch.setattr(consumers, "catch_up", catch_up)
                await stack.enter_async_context(entered("lobby", name="Bob"))
                await catch_up(*args)

            monkeypatch.setattr(consumers, "catch_up", slow)
            client = await stack.enter_async_context(entered("lobby", name="Ada"))
            assert (await client.next())["text"] == "1"
            frame = await client.receive_json_from(timeout=TIMEOUT)
            assert (frame["type"], frame["member"]["name"]) == ("joined", "Bob")

    @everywhere
    async def test_a_client_that_comes_back_gets_the_messages_that_it_missed(self, application):
        epoch = await room_with(5)
        async with entered("lobby", application, since="3", epoch=epoch) as client:
            assert client.welcome["recovered"] is True
            assert await seqs(client, 2) == [4, 5]
            assert await client.is_open()

    async def test_at_most_the_history_size_is_replayed(self):
        """More may be stored, since pruning comes later."""
        epoch = await room_with(5, history_size=2)
        async with (
            entered("lobby", history="200") as client,
            entered("lobby", since="2", epoch=epoch) as late,
        ):
            assert await seqs(client, 2) == await seqs(late, 2) == [4, 5]
            assert late.welcome["recovered"] is False
            assert await client.is_open()

    @pytest.mark.parametrize("size", [0, 10])
    async def test_switching_history_on_or_off_sends_members_to_a_new_welcome(self, size):
        await room_with(0, history_size=10 - size)
        async with entered("lobby") as client:
            await sync_to_async(change_room)(history_size=size)
            assert await client.code() == CloseCode.GOING_AWAY
        async with entered("lobby") as client:
            assert client.welcome["history"] is bool(size)
            assert ("seq" in await client.ask("hi")) is bool(size)


def is_error(code: str, frame: dict[str, Any], frame_id: str | None = None) -> bool:
    """Return whether `frame` is an error of this code, with a sentence."""
    found = (frame["type"], frame["code"], frame.get("id"))
    return found == ("error", code, frame_id) and len(frame["detail"]) > 10


class TestErrors:
    async def test_the_length_of_a_text_counts_in_characters(self, settings):
        settings.ROOMS_MAX_TEXT = 3
        async with entered("lobby") as client:
            assert (await client.ask("🦊🦊🦊"))["text"] == "🦊🦊🦊"
            assert is_error("too_long", await client.ask({"type": "say", "text": "four", "id": "7"}), "7")
            assert is_error("too_long", await client.ask("x" * 1_000_000))


class TestRate:
    async def test_a_message_beyond_the_rate_has_no_effect(self, settings):
        """The rate counts for one connection, and pings do not count."""
        settings.ROOMS_MESSAGE_RATE = Rate(3, 86400.0)
        async with entered("lobby") as ada, entered("lobby") as bob:
            for _ in range(3):
                assert (await ada.ask("hi"))["type"] == "message"
            assert is_error("rate_limited", await ada.ask({"type": "say", "text": "hi", "id": "7"}), "7")
            assert await ada.is_open()
            assert [(await bob.next())["text"] for _ in range(3)] == ["hi"] * 3
            assert (await bob.ask("hi"))["type"] == "message"

    async def test_a_deletion_counts_like_a_message(self, settings):
        settings.ROOMS_MESSAGE_RATE = Rate(2, 86400.0)
        await room_with(0)
        async with entered("lobby") as client:
            await client.ask("hi")
            assert (await client.ask({"type": "delete", "seq": 1}))["type"] == "deleted"
            assert is_error("rate_limited", await client.ask({"type": "delete", "seq": 1, "id": "7"}), "7")

    @pytest.mark.parametrize("frame", ["hi", {"type": "history", "before": 5, "limit": 1}])
    async def test_ignoring_it_again_and_again_ends_the_connection(self, settings, frame):
        """Ten times the rate of errors are allowed. Requests for history count, too."""
        settings.ROOMS_MESSAGE_RATE = Rate(2, 86400.0)
        async with entered("lobby") as client:
            answers = [(await client.ask(frame))["type"] for _ in range(22)]
            assert "error" not in answers[:2]
            assert answers[2:] == ["error"] * 20
            await client.put('{"type": "say", "text": "hi"}')
            assert await client.code() == CloseCode.RATE_LIMITED


async def test_older_messages_are_read_page_by_page():
    await room_with(5)
    async with entered("lobby", history="0") as client:
        found, before = [], 5  # nothing of the history was asked for
        while (page := await client.ask({"type": "history", "before": before, "limit": 2}))["messages"]:
            assert page["type"] == "history"
            found.append([message["seq"] for message in page["messages"]])
            assert page["more"] is (found[-1][0] > 1)
            before = found[-1][0]
        assert found == [[3, 4], [1, 2]]


async def test_nobody_is_told_who_is_writing_in_a_full_room(monkeypatch):
    async with entered("lobby") as ada, entered("lobby") as bob, entered("lobby") as eve:
        await ada.put('{"type": "typing"}')
        assert (await bob.next())["type"] == (await eve.next())["type"] == "typing"
        monkeypatch.setattr(posting, "TYPING_UP_TO", 2)
        await bob.put('{"type": "typing"}')
        assert await bob.is_open()
        assert await ada.is_open()
        assert await eve.is_open()
