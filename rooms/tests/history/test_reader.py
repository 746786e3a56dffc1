"""Reading what was said: pages, and what is not shown any more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rooms.access.versions import AccessVersion, access_version
from rooms.history.reader import Page, read_after, read_before
from rooms.models import Message, Room
from rooms.tests.stored import keeping_room, put_many, read_again
from rooms.tests.support import set_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """A room with ten messages that keeps eight."""
    room = keeping_room(history_size=8)
    put_many(room, 10)
    return room


def texts(page: Page) -> list[int]:
    """The texts, which are numbers."""
    return [int(row.text) for row in page.rows]


@pytest.mark.parametrize(
    ("seq", "limit", "found"),
    [(0, 3, [1, 2, 3]), (7, 3, [8, 9, 10]), (8, 5, [9, 10]), (10, 5, []), (99, 5, [])],
)
def test_what_came_after(room: Room, seq: int, limit: int, found: list[int]) -> None:
    """The oldest first, and no more than were asked for."""
    assert texts(read_after(room.pk, seq, limit)) == found


@pytest.mark.parametrize(
    ("seq", "limit", "found"),
    [(None, 3, [8, 9, 10]), (8, 3, [5, 6, 7]), (3, 5, [1, 2]), (1, 5, []), (0, 5, []), (10**30, 2, [9, 10])],
)
def test_what_came_before(room: Room, seq: int | None, limit: int, found: list[int]) -> None:
    """The newest of them, in ascending order, whatever number a client makes up."""
    assert texts(read_before(room.pk, seq, limit)) == found


def test_a_page_says_how_the_room_is(room: Room) -> None:
    """Its door and epoch of now, its newest number, and what is beyond its history."""
    set_password("other")
    page = read_after(room.pk, 9, 5)
    assert page[1:] == (access_version(read_again("lobby")), room.epoch, 10, 2)


def test_what_was_deleted_is_gone_even_if_the_history_grew(room: Room) -> None:
    """The highest number that was ever deleted counts too."""
    room.sequence.pruned = 5
    room.sequence.save(update_fields=["pruned"])
    Room.objects.update(history_size=100)
    assert read_before(room.pk, None, 1).pruned_through == 5


def test_a_room_that_is_gone_has_nothing(room: Room) -> None:
    """No rows, no door and no epoch, whether it was deleted or keeps nothing any more."""
    nothing = Page([], AccessVersion(0, 0, guarded=False), "", 0, 0)
    Room.objects.update(history_size=0)
    read_again("lobby")
    assert read_after(room.pk, 0, 5) == read_before(room.pk, None, 5) == nothing
    Room.objects.get().delete()
    assert read_after(room.pk, 0, 5) == read_before(room.pk, None, 5) == nothing


def test_other_rooms_are_not_read(room: Room) -> None:
    """Each message belongs to one room."""
    other = keeping_room("other")
    put_many(other, 2)
    assert texts(read_after(other.pk, 0, 5)) == [1, 2]


def test_a_page_is_found_by_its_index(room: Room) -> None:
    """Neither way of paging reads or sorts what it does not return."""
    rows = Message.objects.filter(room=room)
    for query, by in ((rows.after(5), "(room_id=? AND seq>?)"), (rows.before(5), "(room_id=? AND seq<?)")):
        plan = query.explain()
        assert "USING INDEX" in plan
        assert by in plan
        assert "B-TREE" not in plan


def test_a_page_takes_two_queries(room: Room) -> None:
    """The messages first, so that the door is at least as new as they are."""
    with CaptureQueriesContext(connection) as queries:
        read_after(room.pk, 0, 5)
    assert ['"rooms_message"' in query["sql"] for query in queries] == [True, False]
