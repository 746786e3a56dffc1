"""When a room's sequence begins and ends."""

import pytest

from rooms.models import Message, MessageSequence, Room
from rooms.tests.stored import keeping_room, new_message, put, put_many, put_texts, read_again
from rooms.tests.support import make_room

pytestmark = pytest.mark.django_db


def resize(size: int) -> Room:
    """Changes the history size of the only room, and has it read."""
    Room.objects.update(history_size=size)
    return read_again("lobby")


def test_it_begins_with_the_first_look_at_the_room() -> None:
    """A room that keeps messages has an epoch as soon as anybody could come in, and keeps it."""
    make_room("lobby", None)
    assert not MessageSequence.objects.exists()
    room = read_again("lobby")
    assert room.epoch
    assert read_again("lobby").epoch == room.epoch


def test_a_room_without_history_has_none() -> None:
    """And nobody writes anything to find that out."""
    make_room("lobby", None, history_size=0)
    assert read_again("lobby").epoch == ""
    assert not MessageSequence.objects.exists()


def test_another_history_size_changes_nothing() -> None:
    """As long as it is not 0."""
    epoch = keeping_room().epoch
    assert resize(1).epoch == resize(5000).epoch == epoch


def test_it_ends_with_the_history() -> None:
    """What was kept is deleted at once, and everything up to here is gone for good."""
    put_many(keeping_room(), 3)
    assert resize(0).epoch == ""
    assert not Message.objects.exists()
    assert MessageSequence.objects.get().pruned == 3


def test_switched_off_and_on_it_is_another_one() -> None:
    """Its epoch is new, nothing old is in it, and it goes on behind the old numbers, without a hole."""
    old = keeping_room()
    put_many(old, 3)
    resize(0)
    new = resize(10)
    assert new.epoch not in ("", old.epoch)
    assert (new.sequence.last_seq, new.sequence.pruned_through(10)) == (3, 3)
    assert [row.seq for row in put_texts(new, "a", "b")] == [4, 5]


def test_an_id_is_remembered_as_long_as_its_message() -> None:
    """After the history was deleted the same id is a new message."""
    put(new_message(keeping_room(), "hi", "7"))
    resize(0)
    (result,) = put(new_message(resize(10), "ho", "7"))
    assert result.row is not None
    assert result.row.seq == 2


def test_to_settle_again_changes_nothing() -> None:
    """Several processes may notice the same."""
    room = keeping_room()
    put_many(room, 2)
    before = MessageSequence.objects.values().get()
    MessageSequence.objects.sync(room)
    assert MessageSequence.objects.values().get() == before


def test_a_room_made_again_begins_anew() -> None:
    """Another row, another epoch, and numbers from 1."""
    old = keeping_room()
    put_many(old, 3)
    Room.objects.get().delete()
    new = keeping_room()
    assert new.epoch != old.epoch
    assert [row.seq for row in put_texts(new, "first")] == [1]


@pytest.mark.parametrize(
    ("last", "pruned", "size", "gone"), [(10, 0, 100, 0), (10, 0, 3, 7), (10, 8, 3, 8), (10, 0, 0, 10)]
)
def test_what_is_not_shown_any_more(last: int, pruned: int, size: int, gone: int) -> None:
    """Everything that was deleted or is beyond the history size, deleted or not."""
    assert MessageSequence(last_seq=last, pruned=pruned).pruned_through(size) == gone
