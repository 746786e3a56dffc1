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
from rooms.models import Message, MessageSequence, Room
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
        plan = Message.objects.filter(room=room, seq__range=(5, 9)).order_by("seq").explain()
        assert "USING INDEX" in plan
        assert "(room_id=? AND seq>? AND seq<?)" in plan
        assert "B-TREE" not in plan

    def test_what_is_stored_after_the_room_was_read_is_no_part_of_the_page(self, room, monkeypatch):
        """So nothing committed in between is taken for deleted, and the access version is as new as the messages."""
        state = module._state

        def state_and_more(pk: int) -> Page:
            found = state(pk)
            put_texts(room, "more")
            return found

        monkeypatch.setattr(module, "_state", state_and_more)
        page = read_after(room.pk, 9, 5)
        assert ([row.seq for row in page.rows], page.newest) == ([10], 10)
        assert read_after(room.pk, 10, 5).newest == 11

    def test_rows_deleted_past_the_protocol_read_as_deleted_messages(self, room):
        """So numbers have no hole, except where they are not shown any more."""
        Message.objects.filter(room=room, seq__in=(1, 4, 9, 10)).delete()
        rows = read_after(room.pk, 0, 100).rows
        assert [(row.seq, row.kind) for row in rows if not row.text] == [
            (seq, "message") for seq in (4, 9, 10)
        ]
        assert [row.seq for row in rows] == list(range(2, 11))
        assert rows[-1].at == rows[-3].at
        Message.objects.all().delete()
        assert [row.seq for row in read_before(room.pk, None, 3).rows] == [8, 9, 10]

    def test_a_page_begins_with_what_is_left_however_much_is_pruned(self, room):
        Message.objects.filter(room=room, seq=1).discard()
        assert [row.seq for row in read_after(room.pk, 0, 2).rows] == [2, 3]
        far = 10**12
        MessageSequence.objects.filter(room=room).update(last_seq=far)
        assert [row.seq for row in read_after(room.pk, 9, 2).rows] == [10]
        assert [row.seq for row in read_after(room.pk, 10, 2).rows] == [far - 7, far - 6]

    def test_what_is_pruned_meanwhile_is_not_deleted(self, room, monkeypatch):
        state = module._state

        def state_and_pruning(pk: int) -> Page:
            found = state(pk)
            room.sequence.pruned = 9
            room.sequence.save(update_fields=["pruned"])
            Message.objects.filter(room=room, seq__lte=9).delete()
            return found

        monkeypatch.setattr(module, "_state", state_and_pruning)
        assert [row.seq for row in read_after(room.pk, 5, 5).rows] == [10]


async def ask(room: Room, before: int = 10**9, limit: int = 3) -> tuple[list[int], bool]:
    """Return the numbers in the page for a member that entered `room`, and whether more exist."""
    answer = await history_page(room, access_version(room), History(before, limit))
    page = json.loads(answer.frame.messages[0]["text"])
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
