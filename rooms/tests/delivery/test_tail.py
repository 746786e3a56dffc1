"""The newest messages of a room, in memory."""

import pytest

from rooms.delivery import live_room as module
from rooms.delivery.live_room import RecentMessages
from rtproject.websocket.transport.frames import Frame


def tail_of(first: int, last: int) -> RecentMessages:
    """A tail of messages whose texts are their numbers."""
    tail = RecentMessages(first - 1)
    for seq in range(first, last + 1):
        tail.append(Frame(str(seq)))
    return tail


def texts(tail: RecentMessages, seq: int) -> list[str] | None:
    """What came after `seq`."""
    frames = tail.after(seq)
    return None if frames is None else [frame.messages[0]["text"] for frame in frames]


@pytest.mark.parametrize(
    ("seq", "found"), [(4, ["5", "6", "7"]), (5, ["6", "7"]), (6, ["7"]), (7, []), (3, None), (0, None)]
)
def test_what_came_after_a_number(seq: int, found: list[str] | None) -> None:
    """All of it, or nothing if a part of it is not here."""
    assert texts(tail_of(5, 7), seq) == found


def test_an_empty_one_knows_the_newest_number() -> None:
    """And that nothing came after it."""
    assert (RecentMessages(7).newest, texts(RecentMessages(7), 7), texts(RecentMessages(7), 6)) == (
        7,
        [],
        None,
    )


def test_it_has_at_most_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten."""
    monkeypatch.setattr(module, "MAX_HISTORY", 3)
    tail = tail_of(1, 10)
    assert (tail.newest, texts(tail, 7), texts(tail, 6)) == (10, ["8", "9", "10"], None)


def test_it_has_at_most_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few they are; one that is longer than all that is kept is not kept either."""
    monkeypatch.setattr(module, "MAX_RECENT_BYTES", 12)  # four frames of one character
    tail = tail_of(1, 9)
    assert texts(tail, 5) == ["6", "7", "8", "9"]
    assert texts(tail, 4) is None
    tail.append(Frame("x" * 100))
    assert (tail.newest, texts(tail, 9), texts(tail, 10)) == (10, None, [])
    tail.append(Frame("b"))
    assert texts(tail, 10) == ["b"]
