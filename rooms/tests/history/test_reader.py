"""Reading stored messages: pages of rows, and the answer to `history`."""

import asyncio
import json
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.access.versions import AccessVersion, access_version
from rooms.history import reader as module
from rooms.history.reader import Page, history_page, read_after, read_before
from rooms.models import Message, Room
from rooms.protocol import History
from rooms.tests.support import keeping_room, put_many, put_texts, read_again, resize, set_password
from rtproject.utils import database_threads
from rtproject.websocket.exceptions import ClientError

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = Page([], AccessVersion(0, 0, guarded=False), "", 0, 0)


@pytest.fixture
def room() -> Room:
    """A room with ten messages that keeps eight, beside another one."""
    put_many(keeping_room("other"), 2)
    room = keeping_room("Lobby", history_size=8)
    put_many(room, 10)
    return room


class TestPages:
    def test_the_first_messages_after_a_number(self, room):
        for seq, limit, found in ((0, 3, [1, 2, 3]), (7, 3, [8, 9, 10]), (8, 5, [9, 10]), (99, 5, [])):
            assert [row.seq for row in read_after(room.pk, seq, limit).rows] == found

    def test_the_last_messages_before_a_number(self, room):
        for seq, limit, found in (
            (None, 3, [8, 9, 10]),
            (8, 3, [5, 6, 7]),
            (3, 5, [1, 2]),
            (10**30, 1, [10]),
        ):
            assert [row.seq for row in read_before(room.pk, seq, limit).rows] == found

    def test_a_page_has_the_present_state_of_the_room(self, room):
        now = read_again("lobby")
        now.set_password("other")
        now.save()
        assert read_after(room.pk, 9, 5)[1:] == (access_version(now), room.epoch, 10, 2)
        room.sequence.pruned = 5
        room.sequence.save(update_fields=["pruned"])
        Room.objects.update(history_size=100)
        assert read_before(room.pk, None, 1).pruned_through == 5  # deleted, though more is kept now

    def test_a_room_that_is_gone_or_keeps_nothing_has_an_empty_page(self, room):
        Room.objects.update(history_size=0)
        read_again("lobby")
        assert read_after(room.pk, 0, 5) == read_before(room.pk, None, 5) == NOTHING
        Room.objects.all().delete()
        assert read_after(room.pk, 0, 5) == read_before(room.pk, None, 5) == NOTHING

    def test_a_page_is_found_by_its_index(self, room):
        rows = Message.objects.filter(room=room)
        for plan, by in ((rows.after(5).explain(), "seq>?"), (rows.before(5).explain(), "seq<?")):
            assert "USING INDEX" in plan
            assert f"(room_id=? AND {by})" in plan
            assert "B-TREE" not in plan

    def test_messages_are_read_before_the_room(self, room, django_assert_num_queries):
        """This makes the access version at least as new as the messages."""
        with django_assert_num_queries(2) as queries:
            read_after(room.pk, 0, 5)
        assert '"rooms_message"' in queries[0]["sql"]


async def ask(room: Room, before: int = 10**9, limit: int = 3) -> tuple[list[int], bool]:
    """Return the numbers in the page for a member that entered `room`, and whether more exist."""
    frame = await history_page(room, access_version(room), History(before, limit))
    page = json.loads(frame.messages[0]["text"])
    return [message["seq"] for message in page["messages"]], page["more"]


class TestHistory:
    @pytest.mark.parametrize(
        ("before", "limit", "found", "more"),
        [
            (11, 3, [8, 9, 10], True),
            (6, 3, [3, 4, 5], False),
            (5, 3, [3, 4], False),
            (3, 3, [], False),
            (10**30, 1, [10], True),
        ],
    )
    async def test_a_page_says_whether_there_are_older_messages(self, room, before, limit, found, more):
        """Messages beyond the history size are not shown, deleted or not."""
        assert await ask(room, before, limit) == (found, more)

    @pytest.mark.parametrize(("size", "found"), [(9000, [13, 14]), (500, [14])])
    async def test_long_messages_come_in_shorter_pages(self, room, monkeypatch, size, found):
        """A message that is longer than a page is one by itself."""
        await sync_to_async(put_texts)(room, *["🦊" * 1000] * 4)
        monkeypatch.setattr(module, "PAGE_BYTES", size)
        assert await ask(room, limit=10) == (found, True)

    async def test_members_who_ask_for_the_same_page_share_one_read(self, room, monkeypatch):
        """But for those who ask while one is under way, since it may not have the newest messages."""
        reads: list[int] = []

        def counted(*page: int) -> Page:
            reads.append(page[1])
            return read_before(*page)

        monkeypatch.setattr(module, "read_before", counted)
        pages = await asyncio.gather(*(ask(room, before) for before in [6] * 20 + [7] * 20))
        assert pages == [([3, 4, 5], False)] * 20 + [([4, 5, 6], True)] * 20
        assert sorted(reads) == [6, 7]

    async def test_a_room_without_history_has_none(self):
        room = Room(name="x")
        assert await ask(room) == ([], False)

    @pytest.mark.parametrize("hangs", [False, True])
    async def test_a_store_that_fails_or_hangs_is_unavailable(self, room, monkeypatch, hangs):
        def fail(*_: object) -> None:
            if hangs:
                gone.wait()
            raise OperationalError("no store")

        gone = threading.Event()
        with monkeypatch.context() as patch:
            patch.setattr(module, "read_before", fail)
            patch.setattr(database_threads, "READ_SECONDS", 0.01)
            with pytest.raises(ClientError) as caught:
                await ask(room)
        assert caught.value.code == "unavailable"
        gone.set()
        assert await ask(room) == ([8, 9, 10], True)

    @pytest.mark.parametrize("change", ["epoch", "password"])
    async def test_after_a_change_a_member_reads_nothing_new(self, change):
        """Another epoch, or a password that it may not know."""

        def change_it() -> Room:
            put_many(room := keeping_room(), 3)
            set_password("secret123") if change == "password" else (resize(0), resize(8))
            return room

        room = await sync_to_async(change_it)()
        with pytest.raises(ClientError) as caught:
            await ask(room)
        assert caught.value.code == "unavailable"
