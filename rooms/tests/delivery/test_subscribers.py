"""How what is shown reaches the members: together, in order, and only those who are in."""

import pytest

from rooms.access.versions import AccessVersion
from rooms.delivery.subscribers import MAX_WRITE, Subscribers
from rooms.tests.listeners import NEWER, OPEN, Member
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue

UNLISTED = AccessVersion(0, 0, guarded=False)


class Writes(SendQueue):
    """An send_queue that remembers what was written to it at a time."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []

    def write(self, frame: Frame) -> None:
        """Takes one frame, or several that were joined."""
        self.written.append([message["text"] for message in frame.messages])


def watched() -> Member:
    """A member of whom is known what was written to them at a time."""
    member = Member()
    member.send_queue = Writes()
    return member


def written(member: Member) -> list[list[str]]:
    """What was written to a watched member."""
    assert isinstance(member.send_queue, Writes)
    return member.send_queue.written


@pytest.fixture
async def subscribers() -> Subscribers:
    """Of a room with history in which nobody is yet."""
    return Subscribers(OPEN, numbered=True, on_mismatch=lambda: None)


async def test_what_is_shown_together_is_written_together(subscribers: Subscribers) -> None:
    """All of one turn of the event loop, in its order, and the next turn's by itself."""
    one, other = watched(), watched()
    subscribers.add(one)
    subscribers.add(other)
    for text in "abc":
        subscribers.write(Frame(text), OPEN)
    await settle()
    subscribers.write(Frame("d"))
    await settle()
    assert written(one) == written(other) == [["a", "b", "c"], ["d"]]


async def test_much_is_not_kept_until_the_turn_is_over(subscribers: Subscribers) -> None:
    """It is written in portions, and nothing of it twice."""
    member = watched()
    subscribers.add(member)
    texts = [letter * (MAX_WRITE // 2) for letter in "abcde"]
    for text in texts:
        subscribers.write(Frame(text))
    assert [len(portion) for portion in written(member)] == [2, 2]
    await settle()
    assert [text for portion in written(member) for text in portion] == texts


async def test_a_newcomer_sees_nothing_from_before(subscribers: Subscribers) -> None:
    """Also if it was shown in the same turn; who is in sees it before the newcomer sees anything."""
    member, newcomer = watched(), watched()
    subscribers.add(member)
    subscribers.write(Frame("a"))
    subscribers.add(newcomer)
    subscribers.write(Frame("b"))
    await settle()
    assert (written(member), written(newcomer)) == ([["a"], ["b"]], [["b"]])


async def test_who_went_sees_nothing_more(subscribers: Subscribers) -> None:
    """Not even what was shown in the same turn; going twice, or without having come, does nothing."""
    member = watched()
    subscribers.add(member)
    subscribers.write(Frame("a"))
    subscribers.remove(member)
    subscribers.remove(member)
    subscribers.remove(watched())
    await settle()
    assert written(member) == []


async def test_what_is_for_all_goes_through_the_newest_door(subscribers: Subscribers) -> None:
    """Who came and went after a new password is not for those who do not know it."""
    old, new = Member(OPEN), Member(NEWER)
    subscribers.add(old)
    subscribers.add(new)
    subscribers.write(Frame("before"))
    subscribers.write(Frame("said"), NEWER)
    subscribers.write(Frame("joined"))
    await settle()
    assert (old.heard, old.code) == (["before"], CloseCode.PASSWORD_CHANGED)
    assert (new.heard, new.code) == (["before", "said", "joined"], None)


async def test_strangers_without_a_history_do_not_hear_each_other() -> None:
    """One of them is behind, and whoever looks after the room is told; nobody is ended for it."""
    told: list[bool] = []
    subscribers = Subscribers(UNLISTED, numbered=False, on_mismatch=lambda: told.append(True))
    unlisted, listed = Member(UNLISTED), Member(OPEN)
    subscribers.add(unlisted)
    subscribers.add(listed)
    subscribers.write(Frame("joined"))
    await settle()
    assert (unlisted.heard, listed.heard, listed.code) == (["joined"], [], None)
    assert told == [True]
