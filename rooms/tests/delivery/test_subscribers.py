"""How frames are written to the subscribers: together, in order, and only to those that may receive them."""

import pytest

from rooms.delivery.subscribers import MAX_WRITE, Subscribers
from rooms.tests.delivery.support import GUARDED, OPEN, UNLISTED, Member
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class Writes(SendQueue):
    """A send queue that remembers its writes: the texts of each."""

    def __init__(self) -> None:
        self.all: list[list[str]] = []

    def write_uncounted(self, frame: Frame) -> None:
        """Take one frame, or several that were joined."""
        self.all.append([message["text"] for message in frame.messages])


def watched(subscribers: Subscribers) -> tuple[Member, list[list[str]]]:
    """A new subscriber, and the writes to it."""
    member, writes = Member(), Writes()
    member.send_queue = writes
    subscribers.add(member)
    return member, writes.all


@pytest.fixture
async def subscribers() -> Subscribers:
    """None yet, of a room with history."""
    return Subscribers(OPEN, numbered=True, on_mismatch=lambda: None)


async def test_frames_of_one_turn_are_written_together(subscribers):
    (_, one), (_, other) = watched(subscribers), watched(subscribers)
    for text in "abc":
        subscribers.write(Frame(text), OPEN)
    await settle()
    subscribers.write(Frame("d"))
    await settle()
    assert one == other == [["a", "b", "c"], ["d"]]


async def test_a_frame_is_for_those_that_are_there_when_it_comes(subscribers):
    """A newcomer had the pending ones in its replay, and one that left gets no more."""
    (gone, left), (_, stayed) = watched(subscribers), watched(subscribers)
    subscribers.remove(gone)
    subscribers.write(Frame("a"), OPEN)
    _, new = watched(subscribers)
    subscribers.write(Frame("b"), OPEN)
    await settle()
    assert (left, stayed, new) == ([], [["a"], ["b"]], [["b"]])


async def test_long_frames_do_not_wait_for_the_end_of_the_turn(subscribers):
    _, writes = watched(subscribers)
    texts = [letter * (MAX_WRITE // 2) for letter in "abcde"]
    for text in texts:
        subscribers.write(Frame(text))
    assert [len(part) for part in writes] == [2, 2]
    await settle()
    assert [text for part in writes for text in part] == texts


async def test_presence_after_a_new_password_is_for_those_that_know_it(subscribers):
    old, new = Member(OPEN), Member(GUARDED)
    subscribers.add(old)
    subscribers.add(new)
    subscribers.write(Frame("before"))
    subscribers.write(Frame("a message"), GUARDED)
    subscribers.write(Frame("joined"))
    await settle()
    assert (old.received, old.code) == (["before"], CloseCode.PASSWORD_CHANGED)
    assert (new.received, new.code) == (["before", "a message", "joined"], None)


async def test_without_history_members_under_other_rules_are_kept_apart_and_reported():
    """One of them is behind; neither is ended for it."""
    reported: list[bool] = []
    subscribers = Subscribers(UNLISTED, numbered=False, on_mismatch=lambda: reported.append(True))
    unlisted, listed = Member(UNLISTED), Member(OPEN)
    subscribers.add(unlisted)
    subscribers.add(listed)
    subscribers.write(Frame("joined"))
    await settle()
    assert (unlisted.received, listed.received, listed.code) == (["joined"], [], None)
    assert reported == [True]
