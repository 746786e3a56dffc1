"""Storing: the numbers, what was stored before, and who may not be stored any more."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from rooms.history.store import StoreStatus, store_messages
from rooms.models import Message, MessageSequence, Room
from rooms.tests.stored import ADA, BOB, keeping_room, new_message, put, put_many, put_texts, read_again
from rooms.tests.support import set_password

pytestmark = pytest.mark.django_db

STORED, REPEATED, ID_USED, OUTSIDE = (
    StoreStatus.STORED,
    StoreStatus.REPEATED,
    StoreStatus.ID_USED,
    StoreStatus.OUTSIDE,
)


def seqs() -> list[int]:
    """The numbers in the store."""
    return list(Message.objects.order_by("room", "seq").values_list("seq", flat=True))


class TestNumbers:
    def test_they_follow_each_other(self) -> None:
        """From 1, within one transaction and from one to the next, in the order that was given."""
        room = keeping_room()
        rows = [*put_texts(room, "a", "b"), *put_texts(room, "c")]
        assert [(row.seq, row.text) for row in rows] == [(1, "a"), (2, "b"), (3, "c")]
        assert read_again("lobby").sequence.last_seq == 3

    def test_each_room_has_its_own(self) -> None:
        """Also where several rooms are stored together."""
        one, other = keeping_room("one"), keeping_room("other")
        results = put(
            new_message(other), new_message(one), new_message(one), new_message(other), new_message(one)
        )
        assert [result.row.seq for result in results if result.row] == [1, 1, 2, 2, 3]
        assert seqs() == [1, 2, 3, 1, 2]

    @pytest.mark.django_db(transaction=True)
    def test_many_writers_leave_no_hole(self) -> None:
        """Whoever stores holds the room's sequence until the commit."""
        room = keeping_room()

        def store_some() -> None:
            for _ in range(5):
                put_texts(room, "a", "b")
            connection.close()

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(store_some) for _ in range(4)]:
                done.result()
        assert seqs() == list(range(1, 41))

    def test_a_room_that_is_saved_late_does_not_set_them_back(self) -> None:
        """Who read the row before a message was stored may save it after that."""
        room = keeping_room()
        stale = Room.objects.select_related("sequence").get()
        put_many(room, 3)
        stale.title = "Late"
        stale.save()
        assert [row.seq for row in put_texts(room, "next")] == [4]

    def test_a_row_is_what_was_said(self) -> None:
        """Who said it, as they were then, what, when to the millisecond, and what they called it."""
        room = keeping_room()
        (result,) = put(new_message(room, "hi 🦊", "7", BOB))
        row = Message.objects.get()
        assert (result.status, result.row) == (STORED, row)
        assert (row.member, row.name, row.guest, row.text, row.client_id) == (
            *(BOB.id, "Bob", False),
            *("hi 🦊", "7"),
        )
        assert row.at.microsecond % 1000 == 0
        assert result.row is not None
        assert row.at == result.row.at


class TestRepeats:
    def test_the_same_id_again_is_stored_once(self) -> None:
        """The row of the first time is found."""
        room = keeping_room()
        (first,) = put(new_message(room, "hi", "7"))
        (second,) = put(new_message(room, "hi", "7"))
        assert (second.status, second.row) == (REPEATED, first.row)
        assert seqs() == [1]

    def test_a_repeat_at_the_same_moment_is_stored_once(self) -> None:
        """Two connections of one member may say it together."""
        room = keeping_room()
        results = put(
            new_message(room, "hi", "7"), new_message(room, "hi", "7"), new_message(room, "ho", "7")
        )
        assert [result.status for result in results] == [STORED, REPEATED, ID_USED]
        assert {result.row.seq for result in results if result.row} == {1}
        assert seqs() == [1]

    def test_another_text_cannot_have_the_same_id(self) -> None:
        """It is not stored, and takes no number."""
        room = keeping_room()
        put(new_message(room, "hi", "7"))
        assert [result.status for result in put(new_message(room, "ho", "7"), new_message(room))] == [
            ID_USED,
            STORED,
        ]
        assert seqs() == [1, 2]

    def test_an_id_belongs_to_a_member_and_a_room(self) -> None:
        """Another member's equal id is another message, and so is one in another room, or of another case."""
        one, other = keeping_room("one"), keeping_room("other")
        results = put(
            new_message(one, "a", "x"),
            new_message(one, "b", "x", BOB),
            new_message(other, "c", "x"),
            new_message(one, "d", "X"),
        )
        assert [result.status for result in results] == [STORED] * 4
        again = put(new_message(other, "c", "x"), new_message(one, "b", "x", BOB))
        assert [(result.status, result.row.text) for result in again if result.row] == [
            (REPEATED, "c"),
            (REPEATED, "b"),
        ]

    def test_without_an_id_everything_is_new(self) -> None:
        """Nobody means the same by new_message the same."""
        room = keeping_room()
        assert [row.client_id for row in put_texts(room, "hi", "hi")] == [None, None]

    def test_an_attempt_that_was_committed_unheard_is_found(self) -> None:
        """Trying again stores nothing twice, not even what has no id."""
        room = keeping_room()
        new_messages = [new_message(room, "a"), new_message(room, "b", "7")]
        first = put(*new_messages)
        second = put(*new_messages, new_message(room, "c"), again=True)
        assert [result.status for result in second] == [REPEATED, REPEATED, STORED]
        assert [result.row for result in second[:2]] == [result.row for result in first]
        assert seqs() == [1, 2, 3]


class TestOutside:
    def test_a_new_password_ends_what_those_before_it_say(self) -> None:
        """Nothing of who came in by the old door is stored any more; who comes in by the new one goes on."""
        old = keeping_room()
        set_password("other")
        new = read_again("lobby")
        assert [result.status for result in put(new_message(old), new_message(new))] == [OUTSIDE, STORED]
        assert seqs() == [1]

    def test_a_removed_password_parts_nobody(self) -> None:
        """Who came in by it goes on."""
        old = keeping_room(password="secret123")
        set_password(None)
        assert put(new_message(old))[0].status is STORED

    def test_a_deleted_room_takes_nothing(self) -> None:
        """Nor does the next room of its name take what is said to the old one."""
        old = keeping_room()
        Room.objects.get().delete()
        assert put(new_message(old)) == [(OUTSIDE, None)]
        keeping_room()
        assert put(new_message(old)) == [(OUTSIDE, None)]
        assert seqs() == []

    def test_another_numbering_takes_nothing_of_the_one_before(self) -> None:
        """A history that was switched off and on again belongs to who came in after that."""
        old = keeping_room()
        for size in (0, 10):
            Room.objects.update(history_size=size)
            read_again("lobby")
            assert put(new_message(old)) == [(OUTSIDE, None)]
        assert put(new_message(read_again("lobby")))[0].status is STORED


class TestAllOrNothing:
    def test_who_gives_up_before_the_commit_stores_nothing(self) -> None:
        """Neither messages nor numbers."""
        room = keeping_room()

        def give_up() -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            store_messages([new_message(room), new_message(room)], give_up, again=False)
        assert seqs() == []
        assert [row.seq for row in put_texts(room, "hi")] == [1]

    def test_what_cannot_be_stored_takes_the_others_with_it(self) -> None:
        """One row that the store refuses leaves no trace of the rest."""
        room = keeping_room()
        taken = put_texts(room, "hi")[0]
        MessageSequence.objects.update(last_seq=taken.seq - 1)
        with pytest.raises(IntegrityError):
            put(new_message(keeping_room("other")), new_message(room))
        assert seqs() == [1]

    def test_the_commit_comes_last(self) -> None:
        """When `before_commit` is called everything is written, and it is called once."""
        room = keeping_room()
        calls: list[int] = []
        store_messages(
            [new_message(room, member=ADA)], lambda: calls.append(Message.objects.count()), again=False
        )
        assert calls == [1]
