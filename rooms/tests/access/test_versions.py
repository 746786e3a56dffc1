"""What a room's door looks like, and whether who came in may stay."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from rooms.access.loader import query_rooms
from rooms.access.versions import access_version, can_read, can_receive, revocation_code
from rooms.models import MessageSequence, Room
from rooms.tests.support import make_room
from rtproject.websocket.close_codes import CloseCode


def listed(pk: int = 1, epoch: str = "e", **fields: Any) -> Room:
    """A room as it is read with its sequence."""
    room = Room(pk=pk, name="x", **fields)
    room.sequence = MessageSequence(epoch=epoch)
    return room


UNLISTED = Room(name="x")
OPEN = listed(password_version=1)
GUARDED = listed(password="hash", password_version=1)
CHANGED = listed(password="other", password_version=2)
REMOVED = listed(password_version=2)
ANOTHER = listed(pk=2, password_version=1)
FORGETFUL = listed(epoch="", password_version=1)

CASES = {
    "an unlisted room goes on": (UNLISTED, UNLISTED, None),
    "a room goes on": (GUARDED, GUARDED, None),
    "a name that nobody may enter by": (GUARDED, None, CloseCode.NOT_FOUND),
    "an unlisted room that nobody may enter any more": (UNLISTED, None, CloseCode.NOT_FOUND),
    "deleted, and unlisted now": (GUARDED, UNLISTED, CloseCode.NOT_FOUND),
    "deleted and made again": (OPEN, ANOTHER, CloseCode.NOT_FOUND),
    "listed in place of an unlisted one": (UNLISTED, OPEN, CloseCode.GOING_AWAY),
    "listed with a password in place of an unlisted one": (UNLISTED, GUARDED, CloseCode.GOING_AWAY),
    "its password was changed": (GUARDED, CHANGED, CloseCode.PASSWORD_CHANGED),
    "its first password was set": (OPEN, CHANGED, CloseCode.PASSWORD_CHANGED),
    "its password was removed": (GUARDED, REMOVED, None),
    "it keeps nothing any more": (OPEN, FORGETFUL, CloseCode.GOING_AWAY),
    "it keeps messages from now on": (FORGETFUL, OPEN, CloseCode.GOING_AWAY),
    "its sequence begins anew": (OPEN, listed(epoch="f", password_version=1), CloseCode.GOING_AWAY),
}


@pytest.mark.parametrize(("entered", "now", "code"), CASES.values(), ids=CASES.keys())
def test_who_must_go(entered: Room, now: Room | None, code: CloseCode | None) -> None:
    """Somebody who entered one room stays in it, or goes with the code that says why."""
    assert revocation_code(entered, now) is code


def test_a_closed_or_full_room_sends_nobody_out() -> None:
    """Limits are for newcomers: who is inside stays."""
    assert revocation_code(OPEN, listed(password_version=1, closed=True, member_limit=0)) is None


@pytest.mark.parametrize(
    ("one", "other", "hears"),
    [
        (UNLISTED, UNLISTED, True),
        (UNLISTED, OPEN, False),
        (UNLISTED, GUARDED, False),
        (OPEN, ANOTHER, False),
        (OPEN, CHANGED, False),
        (GUARDED, GUARDED, True),
        (GUARDED, CHANGED, False),
        (GUARDED, REMOVED, True),
    ],
)
def test_who_hears_whom(one: Room, other: Room, hears: bool) -> None:
    """Only who came in by the same door; a password that was removed parts nobody. It is the same both ways."""
    assert can_receive(access_version(one), access_version(other)) is hears
    assert can_receive(access_version(other), access_version(one)) is hears


@pytest.mark.parametrize(
    ("reader", "speaker", "reads"),
    [
        (OPEN, OPEN, True),
        (OPEN, CHANGED, False),
        (CHANGED, OPEN, True),
        (GUARDED, CHANGED, False),
        (CHANGED, GUARDED, True),
        (GUARDED, REMOVED, True),
        (REMOVED, GUARDED, True),
        (ANOTHER, OPEN, False),
        (CHANGED, ANOTHER, False),
    ],
)
def test_who_reads_whom(reader: Room, speaker: Room, reads: bool) -> None:
    """What was said by an older door is history to who came in by a newer one, and never the other way round."""
    assert can_read(access_version(reader), access_version(speaker)) is reads


@pytest.mark.django_db
class TestReadRooms:
    def test_rooms_are_found_by_key(self) -> None:
        """Rows are found without case and stand under their key; other names are open, unlisted rooms."""
        room = make_room("VIP")
        found = query_rooms(["vIp", "Elsewhere"])
        assert found.keys() == {"vip", "elsewhere"}
        assert found["vip"] == room
        unlisted = found["elsewhere"]
        assert unlisted._state.adding
        assert (unlisted.guarded, unlisted.closed, unlisted.history_size) == (False, False, 0)

    def test_a_deleted_room_is_not_found(self) -> None:
        """A retired name leads nowhere, and the names beside it are not touched."""
        make_room("gone").delete()
        assert query_rooms(["GONE", "other"]).keys() == {"other"}

    def test_without_unlisted_rooms_only_rows_are_found(self, settings: Settings) -> None:
        """With ROOMS_ALLOW_UNLISTED off there are no rooms but the listed ones."""
        settings.ROOMS_ALLOW_UNLISTED = False
        make_room("VIP")
        assert query_rooms(["vip", "other"]).keys() == {"vip"}

    def test_many_rooms_take_two_queries(self) -> None:
        """The number of queries does not grow with the number of rooms."""
        make_room("VIP")
        query_rooms(["vip"])  # the first look begins its sequence
        with CaptureQueriesContext(connection) as queries:
            assert len(query_rooms(["vip", *map(str, range(50))])) == 51
        assert len(queries) == 2
