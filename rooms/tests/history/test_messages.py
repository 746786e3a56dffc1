"""Stored messages as the clients get them, and pages of older ones."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.access.versions import access_version
from rooms.history import reader as messages
from rooms.history.reader import history_page
from rooms.models import Room
from rooms.protocol import History, HistoryPage, encode, stored_message, timestamp
from rooms.tests.stored import BOB, keeping_room, new_message, put, put_many, put_texts, read_again
from rooms.tests.support import set_password
from rtproject.websocket.exceptions import ClientError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> Room:
    """A room with ten messages that shows eight."""
    room = keeping_room("Lobby", history_size=8)
    put_many(room, 10)
    return room


async def ask(room: Room, before: int = 10**9, limit: int = 3) -> HistoryPage:
    """What a member is answered who came in when the room was like this."""
    return await history_page(room, access_version(room), History(before, limit))


def seqs(page: HistoryPage) -> list[int | None]:
    """The numbers of the messages."""
    return [json.loads(bytes(message))["seq"] for message in page.messages]


def test_a_row_is_shown_as_it_was_said(room: Room) -> None:
    """The frame of a replay is the one that was sent live."""
    (result,) = put(new_message(room, "hi", "7", BOB))
    assert result.row is not None
    assert json.loads(encode(stored_message("Lobby", result.row))) == {
        "type": "message", "room": "Lobby", "from": {"id": BOB.id, "name": "Bob", "guest": False},
        "text": "hi", "at": timestamp(result.row.at), "id": "7", "seq": 11,
    }  # fmt: skip
    assert "id" not in json.loads(encode(stored_message("Lobby", put_texts(room, "hi")[0])))


@pytest.mark.parametrize(
    ("before", "limit", "found", "more"),
    [
        (11, 3, [8, 9, 10], True),
        (8, 3, [5, 6, 7], True),
        (6, 3, [3, 4, 5], False),
        (5, 3, [3, 4], False),
        (3, 3, [], False),
        (0, 3, [], False),
        (10**30, 1, [10], True),
    ],
)
async def test_a_page_of_older_messages(
    room: Room, before: int, limit: int, found: list[int], more: bool
) -> None:
    """Ascending, with whether there are older ones; what is beyond the history is not shown, deleted or not."""
    page = await ask(room, before, limit)
    assert (seqs(page), page.more) == (found, more)


async def test_long_messages_come_in_shorter_pages(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest of those that were asked for, and the client may go on from there."""
    await sync_to_async(put_texts)(room, *["🦊" * 1000] * 4)
    monkeypatch.setattr(messages, "PAGE_BYTES", 9000)
    page = await ask(room, limit=10)
    assert (seqs(page), page.more) == ([13, 14], True)


async def test_a_message_that_is_longer_than_a_page_is_a_page(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or nobody could ever see what is behind it."""
    await sync_to_async(put_texts)(room, "x" * 1000)
    monkeypatch.setattr(messages, "PAGE_BYTES", 500)
    page = await ask(room)
    assert (seqs(page), page.more) == ([11], True)


async def test_a_room_without_history_has_no_older_ones() -> None:
    """Nothing is read for that."""
    assert await ask(Room(name="x")) == HistoryPage([], more=False)


async def test_without_the_store_it_is_unavailable(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """And asking again later works."""

    async def fail(*_: object) -> None:
        raise OperationalError("no store")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "page_before", fail)
        with pytest.raises(ClientError) as caught:
            await ask(room)
    assert caught.value.code == "unavailable"
    assert seqs(await ask(room)) == [8, 9, 10]


async def test_a_store_that_hangs_is_unavailable_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for it says nothing else meanwhile."""

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(messages, "page_before", hang)
    monkeypatch.setattr(messages, "STORE_TIMEOUT", 0.01)
    with pytest.raises(ClientError) as caught:
        await ask(room)
    assert caught.value.code == "unavailable"


@sync_to_async
def begin_anew() -> None:
    """Switches the history of the only room off and on."""
    for size in (0, 8):
        Room.objects.update(history_size=size)
        read_again("lobby")


@pytest.mark.parametrize("change", [begin_anew, sync_to_async(lambda: set_password("secret123"))])
async def test_who_came_in_before_a_change_reads_nothing_of_what_is_now(room: Room, change) -> None:
    """Another sequence, or a password that they may not know."""
    await change()
    with pytest.raises(ClientError) as caught:
        await ask(room)
    assert caught.value.code == "unavailable"
