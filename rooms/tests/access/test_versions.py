"""Access versions: the connections that may stay, and the messages that they may receive."""

from typing import Any

import pytest

from rooms.access.versions import access_version, can_read, can_receive, revocation_code
from rooms.models import MessageSequence, Room
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
    "unchanged, unlisted": (UNLISTED, UNLISTED, None),
    "unchanged, guarded": (GUARDED, GUARDED, None),
    "deleted": (GUARDED, None, CloseCode.NOT_FOUND),
    "unlisted rooms switched off": (UNLISTED, None, CloseCode.NOT_FOUND),
    "deleted, and unlisted now": (GUARDED, UNLISTED, CloseCode.NOT_FOUND),
    "deleted and made again": (OPEN, ANOTHER, CloseCode.NOT_FOUND),
    "listed in place of an unlisted one": (UNLISTED, GUARDED, CloseCode.GOING_AWAY),
    "password changed": (GUARDED, CHANGED, CloseCode.PASSWORD_CHANGED),
    "password set": (OPEN, CHANGED, CloseCode.PASSWORD_CHANGED),
    "password removed": (GUARDED, REMOVED, None),
    "history switched off": (OPEN, FORGETFUL, CloseCode.GOING_AWAY),
    "history switched on": (FORGETFUL, OPEN, CloseCode.GOING_AWAY),
    "another epoch": (OPEN, listed(epoch="f", password_version=1), CloseCode.GOING_AWAY),
    "closed and without seats": (OPEN, listed(password_version=1, closed=True, member_limit=0), None),
}


@pytest.mark.parametrize(("entered", "now", "code"), CASES.values(), ids=CASES.keys())
def test_a_changed_room_ends_connections_with_the_code_that_says_why(entered, now, code):
    assert revocation_code(entered, now) is code


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(UNLISTED, UNLISTED, True), (UNLISTED, OPEN, False), (UNLISTED, GUARDED, False), (OPEN, ANOTHER, False),
     (OPEN, CHANGED, False), (GUARDED, GUARDED, True), (GUARDED, CHANGED, False), (GUARDED, REMOVED, True)],
)  # fmt: skip
def test_members_under_different_rules_receive_nothing_of_each_other(one, other, expected):
    """Removing a password separates no one."""
    assert can_receive(access_version(one), access_version(other)) is expected
    assert can_receive(access_version(other), access_version(one)) is expected


@pytest.mark.parametrize(
    ("own", "stored", "expected"),
    [(OPEN, OPEN, True), (OPEN, CHANGED, False), (CHANGED, OPEN, True), (GUARDED, CHANGED, False),
     (CHANGED, GUARDED, True), (GUARDED, REMOVED, True), (ANOTHER, OPEN, False), (CHANGED, ANOTHER, False)],
)  # fmt: skip
def test_messages_under_older_rules_can_be_read_and_under_newer_ones_not(own, stored, expected):
    assert can_read(access_version(own), access_version(stored)) is expected
