"""Deleting what is beyond a room's history."""

from collections.abc import Callable

import pytest

from rooms.history import pruning
from rooms.history.pruning import Beyond, prune
from rooms.history.reader import read_after
from rooms.models import Message, MessageSequence, Room
from rooms.tests.stored import keeping_room, make_older, put_many, put_texts

pytestmark = pytest.mark.django_db


def kept() -> list[int]:
    """The numbers that are left."""
    return [row.seq for row in Message.objects.order_by("seq")]


def test_the_oldest_go_until_the_size_is_reached() -> None:
    """What remains is the room's history, and the sequence remembers how far was deleted."""
    room = keeping_room(history_size=3)
    put_many(room, 8)
    make_older(seconds=16)
    assert prune(room.pk) is Beyond.NOTHING
    assert kept() == [6, 7, 8]
    sequence = MessageSequence.objects.get()
    assert (sequence.last_seq, sequence.pruned, sequence.epoch) == (8, 5, room.epoch)
    assert prune(room.pk) is Beyond.NOTHING
    assert [row.seq for row in put_texts(room, "next")] == [9]


def test_nothing_young_is_deleted() -> None:
    """A process that missed it must still be able to show it."""
    room = keeping_room(history_size=1)
    put_many(room, 3)
    make_older(seconds=14)
    assert prune(room.pk) is Beyond.YOUNG
    assert kept() == [1, 2, 3]
    assert MessageSequence.objects.get().pruned == 0
    make_older(seconds=2)
    put_texts(room, "4", "5")
    assert prune(room.pk) is Beyond.YOUNG
    assert kept() == [4, 5]
    assert MessageSequence.objects.get().pruned == 3


def test_little_is_deleted_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can store meanwhile, so a room that is far beyond its size takes several steps."""
    monkeypatch.setattr(pruning, "STEP", 3)
    room = keeping_room(history_size=2)
    put_many(room, 9)
    make_older(minutes=1)
    assert [prune(room.pk) for _ in range(3)] == [Beyond.MORE, Beyond.MORE, Beyond.NOTHING]
    assert kept() == [8, 9]


def test_what_others_deleted_is_no_work() -> None:
    """Two processes may prune one room one after the other, and a history may grow again."""
    room = keeping_room(history_size=2)
    put_many(room, 6)
    make_older(minutes=1)
    prune(room.pk)
    Room.objects.update(history_size=100)
    assert prune(room.pk) is Beyond.NOTHING
    assert kept() == [5, 6]
    put_texts(room, "7")
    assert [row.seq for row in read_after(room.pk, 4, 9).rows] == [5, 6, 7]


def test_other_rooms_are_left_alone() -> None:
    """Each is pruned by itself."""
    one, other = keeping_room("one", history_size=1), keeping_room("other", history_size=1)
    put_many(one, 2)
    put_many(other, 3)
    make_older(minutes=1)
    prune(one.pk)
    assert Message.objects.filter(room=other).count() == 3


def delete_it() -> None:
    """The room goes."""
    Room.objects.get().delete()


def forget() -> None:
    """The room keeps nothing any more, and nobody has noticed."""
    Room.objects.update(history_size=0)


@pytest.mark.parametrize(("change", "left"), [(delete_it, Beyond.NOTHING), (forget, Beyond.NOTHING)])
def test_a_room_that_changed_meanwhile(change: Callable[[], None], left: Beyond) -> None:
    """One that was deleted, or has no history any more, has nothing left to be deleted."""
    room = keeping_room(history_size=1)
    put_many(room, 3)
    make_older(minutes=1)
    change()
    assert prune(room.pk) is left
    assert kept() == []


def test_a_clock_that_was_set_back_does_not_make_old_what_is_young() -> None:
    """Of what two hosts stored, with clocks that differ, nothing young is deleted behind something old."""
    room = keeping_room(history_size=1)
    rows = put_many(room, 4)
    make_older(minutes=1)
    Message.objects.filter(seq=2).update(at=rows[1].at)
    assert prune(room.pk) is Beyond.YOUNG
    assert kept() == [2, 3, 4]
