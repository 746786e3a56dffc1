"""Storing messages: their numbers, repeats, and senders that are not in the room any more."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from rooms.history.store import StoreStatus, store_messages
from rooms.identity import MODERATOR
from rooms.models import Message, Room
from rooms.protocol import Deleted, MessageFrame, stored_frame
from rooms.tests.support import (
    ADA,
    BOB,
    deletion,
    keeping_room,
    new_message,
    put,
    put_many,
    put_texts,
    read_again,
    resize,
    set_password,
)

pytestmark = pytest.mark.django_db

STORED, REPEATED = StoreStatus.STORED, StoreStatus.REPEATED
ID_USED, OUTSIDE, FORBIDDEN = StoreStatus.ID_USED, StoreStatus.OUTSIDE, StoreStatus.FORBIDDEN


@pytest.fixture
def room() -> Room:
    """A room with history."""
    return keeping_room()


def seqs() -> list[int]:
    """The numbers in the store."""
    return list(Message.objects.order_by("room", "seq").values_list("seq", flat=True))


class TestNumbers:
    def test_numbers_follow_each_other_in_the_order_given(self, room):
        rows = [*put_texts(room, "a", "b"), *put_texts(room, "c")]
        assert [(row.seq, row.text) for row in rows] == [(1, "a"), (2, "b"), (3, "c")]
        sequence = read_again().sequence
        assert (sequence.last_seq, sequence.last_at) == (3, rows[-1].at)

    def test_each_room_has_its_own(self, room):
        other = keeping_room("other")
        results = put(*map(new_message, (other, room, room, other, room)))
        assert [result.row.seq for result in results if result.row] == [1, 1, 2, 2, 3]
        assert seqs() == [1, 2, 3, 1, 2]

    @pytest.mark.django_db(transaction=True)
    def test_concurrent_writers_leave_no_hole(self, room):
        def store_some() -> None:
            for _ in range(5):
                put_texts(room, "a", "b")
            connection.close()

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(store_some) for _ in range(4)]:
                done.result()
        assert seqs() == list(range(1, 41))

    def test_saving_a_room_that_was_read_earlier_does_not_set_them_back(self, room):
        stale = Room.objects.select_related("sequence").get()
        put_many(room, 3)
        stale.title = "Late"
        stale.save()
        assert [row.seq for row in put_texts(room, "next")] == [4]

    def test_a_row_has_the_message_and_its_sender(self, room):
        (result,) = put(new_message(room, "hi 🦊", "7", BOB))
        row = Message.objects.get()
        assert (result.status, result.row) == (STORED, row)
        assert (row.member, row.name, row.guest) == (BOB.id, "Bob", False)
        assert (row.text, row.key, row.at.microsecond % 1000) == ("hi 🦊", "=7", 0)
        assert result.row is not None
        assert row.at == result.row.at


class TestRepeats:
    @pytest.mark.parametrize("together", [False, True])
    def test_an_id_stands_for_one_text_that_is_stored_once(self, room, together):
        messages = [new_message(room, text, "7") for text in ("hi", "hi", "ho")]
        results = put(*messages) if together else [result for each in messages for result in put(each)]
        assert [result.status for result in results] == [STORED, REPEATED, ID_USED]
        assert {result.row.seq for result in results if result.row} == {1}
        assert [row.seq for row in put_texts(room, "next")] == [2]

    def test_an_id_belongs_to_a_member_and_a_room(self, room):
        other = keeping_room("other")
        results = put(
            new_message(room, "a", "x"), new_message(room, "b", "x", BOB), new_message(other, "c", "x"),
            new_message(room, "d", "X"),
        )  # fmt: skip
        assert [result.status for result in results] == [STORED] * 4
        again = put(new_message(other, "c", "x"), new_message(room, "b", "x", BOB))
        found = [(result.status, result.row.text) for result in again if result.row]
        assert found == [(REPEATED, "c"), (REPEATED, "b")]

    def test_a_second_attempt_stores_nothing_twice(self, room):
        """The first one may have been committed; not even messages without an id are stored again."""
        messages = [new_message(room, "a"), new_message(room, "b", "7")]
        first = put(*messages)
        second = put(*messages, new_message(room, "c"), again=True)
        assert [result.status for result in second] == [REPEATED, REPEATED, STORED]
        assert [result.row for result in second[:2]] == [result.row for result in first]
        assert seqs() == [1, 2, 3]


class TestDeletions:
    @pytest.mark.parametrize(("member", "by"), [(ADA, "author"), (MODERATOR, "moderator")])
    def test_the_text_goes_with_the_transaction_and_the_deletion_has_a_number(self, room, member, by):
        put_texts(room, "private", "stays")
        (result,) = put(deletion(room, 1, member))
        assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == ["", "stays", ""]
        assert result.row is not None
        assert stored_frame("lobby", result.row) == Deleted(3, 1, by)
        frame = stored_frame("lobby", Message.objects.get(seq=1))
        assert isinstance(frame, MessageFrame)
        assert (frame.text, frame.deleted, frame.sender.name) == ("", True, "Ada")

    def test_what_is_no_message_or_deleted_or_gone_is_refused_without_a_number(self, room):
        room = resize(5)
        first, *_ = put_many(room, 5)
        put(deletion(room, 2), new_message(room, "6"))
        first.delete()
        for target in (1, 2, 6, 8, 0, -1, 10**30):  # 1 is beyond the history, 6 the deletion, 8 is to come
            assert put(deletion(room, target)) == [(FORBIDDEN, None)]
        results = put(deletion(room, 4), deletion(room, 4), deletion(room, 9))
        assert [result.status for result in results] == [STORED, FORBIDDEN, FORBIDDEN]
        assert seqs() == list(range(2, 9))

    def test_a_message_of_another_member_is_told_from_none(self, room):
        put_many(room, 1)
        (result,) = put(deletion(room, 1, BOB))
        assert (result.status, result.row and result.row.text) == (FORBIDDEN, "1")

    def test_the_id_of_a_deleted_message_still_stands_for_it(self, room):
        """Whatever its text was, which is not known any more."""
        put(new_message(room, "hi", "7"), new_message(room, "there"))
        put(deletion(room, 1))
        assert [result.status for result in put(new_message(room, "ho", "7"))] == [REPEATED]

    def test_a_second_attempt_of_a_deletion_is_a_repeat(self, room):
        put_many(room, 1)
        again = deletion(room, 1)
        assert [put(again, again=True)[0].status for _ in range(2)] == [STORED, REPEATED]


class TestSendersOutside:
    def test_a_sender_without_the_new_password(self, room):
        set_password("other")
        results = put(new_message(room), new_message(read_again()))
        assert [result.status for result in results] == [OUTSIDE, STORED]
        assert seqs() == [1]

    def test_a_sender_in_a_deleted_room(self, room):
        """Nothing is stored, even if there is a new room of that name."""
        Room.objects.get().delete()
        assert put(new_message(room)) == [(OUTSIDE, None)]
        keeping_room()
        assert put(new_message(room)) == [(OUTSIDE, None)]
        assert seqs() == []

    def test_a_sender_from_before_the_history_was_switched(self, room):
        for size in (0, 10):
            resize(size)
            assert put(new_message(room)) == [(OUTSIDE, None)]
        assert put(new_message(read_again()))[0].status is STORED


def test_a_cancelled_transaction_stores_nothing(room):
    def cancel() -> None:
        assert seqs() == [1, 2]  # everything is written before the commit
        raise InterruptedError

    with pytest.raises(InterruptedError):
        store_messages([new_message(room), new_message(room)], cancel, again=False)
    assert seqs() == []
    assert [row.seq for row in put_texts(room, "hi")] == [1]
