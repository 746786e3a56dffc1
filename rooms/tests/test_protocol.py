"""Frames: what a client may say, and what it hears."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rooms.protocol import (
    ClientFrame,
    Count,
    Error,
    History,
    HistoryPage,
    Joined,
    Left,
    MessageFrame,
    Notice,
    Person,
    Ping,
    Pong,
    Said,
    Say,
    ServerFrame,
    Welcome,
    decode,
    encode,
    timestamp,
)

ADA = Person("1a2b", "Ada", guest=True)

UNDERSTOOD = {
    '{"type": "say", "text": "hi"}': Say("hi"),
    '{"type": "say", "text": "hi", "id": "7"}': Say("hi", "7"),
    '{"id": "%s", "text": "hi", "type": "say"}' % ("x" * 64): Say("hi", "x" * 64),
    '{"type": "say", "text": "  hi  "}': Say("  hi  "),
    '{"type": "say", "text": "\\ud83e\\udd8a \\u0007"}': Say("🦊 \a"),
    '{"type": "say", "text": "\u200b\u0600"}': Say("\u200b\u0600"),
    '{"type": "say", "text": "hi", "from": "root", "more": [1, {}]}': Say("hi"),
    '{"type": "ping"}': Ping(),
    '{"type": "ping", "at": 1}': Ping(),
    '{"type": "history", "before": 12, "limit": 1}': History(12, 1),
    '{"type": "history", "before": 0, "limit": 200}': History(0, 200),
    '{"type": "ping"} \n': Ping(),
}


@pytest.mark.parametrize(("text", "frame"), UNDERSTOOD.items(), ids=UNDERSTOOD.keys())
def test_a_frame_is_understood(text: str, frame: ClientFrame) -> None:
    """A well-formed frame is what its fields say; fields that nobody knows are ignored."""
    assert decode(text) == frame


@pytest.mark.parametrize("text", ["hi", " {", "[1]", '"x"', "}", "null", "7", "  hi\n", "🦊"])
def test_plain_text_is_said_as_it_is(text: str) -> None:
    """Text that does not begin with a brace is what a keyboard wrote."""
    assert decode(text) == Say(text)


def test_long_plain_text_is_read_too() -> None:
    """How much may be said is a limit of the room's, not of the protocol's."""
    assert decode("x" * 1_000_000) == Say("x" * 1_000_000)


def test_of_a_repeated_field_the_last_counts() -> None:
    """JSON with one name twice is read as most readers do."""
    assert decode('{"type": "say", "text": "one", "text": "two"}') == Say("two")


ADA_SHOWN = {"id": "1a2b", "name": "Ada", "guest": True}
SAID: dict[str, tuple[ServerFrame, dict[str, object]]] = {
    "welcome": (
        Welcome("lobby", "The lobby", ADA, [ADA], 1, history=False),
        {"type": "welcome", "room": "lobby", "title": "The lobby", "history": False, "you": ADA_SHOWN,
         "members": [ADA_SHOWN], "count": 1},
    ),
    "welcome to a room with history": (
        Welcome("lobby", "The lobby", ADA, [], 0, history=True, epoch="e", seq=7, recovered=True),
        {"type": "welcome", "room": "lobby", "title": "The lobby", "history": True, "you": ADA_SHOWN,
         "members": [], "count": 0, "epoch": "e", "seq": 7, "recovered": True},
    ),
    "message": (
        MessageFrame("lobby", ADA, "hi", "2026-01-31T12:00:00.000Z", "7"),
        {"type": "message", "room": "lobby", "text": "hi", "at": "2026-01-31T12:00:00.000Z", "id": "7",
         "from": ADA_SHOWN},
    ),
    "message with a number": (
        MessageFrame("lobby", ADA, "hi", "…", seq=3),
        {"type": "message", "room": "lobby", "text": "hi", "at": "…", "seq": 3, "from": ADA_SHOWN},
    ),
    "said": (Said("7", 3), {"type": "said", "id": "7", "seq": 3}),
    "joined": (Joined(ADA, 2), {"type": "joined", "member": ADA_SHOWN, "count": 2}),
    "left": (Left(ADA, 1), {"type": "left", "member": ADA_SHOWN, "count": 1}),
    "count": (Count(201), {"type": "count", "count": 201}),
    "notice": (Notice("Tea."), {"type": "notice", "text": "Tea."}),
    "message without id": (
        MessageFrame("lobby", Person("1", "root", guest=False), "hi", "…"),
        {"type": "message", "room": "lobby", "text": "hi", "at": "…",
         "from": {"id": "1", "name": "root", "guest": False}},
    ),
    "history": (HistoryPage([], more=False), {"type": "history", "messages": [], "more": False}),
    "pong": (Pong(), {"type": "pong"}),
    "error": (
        Error("too_long", "Shorter.", "7"),
        {"type": "error", "code": "too_long", "detail": "Shorter.", "id": "7"},
    ),
    "error without id": (Error("bad_frame", "No."), {"type": "error", "code": "bad_frame", "detail": "No."}),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "fields"), SAID.values(), ids=SAID.keys())
def test_a_frame_is_written_with_exactly_these_fields(frame: ServerFrame, fields: dict[str, object]) -> None:
    """Every frame names its type, and an `id` that was not given is left out."""
    assert json.loads(encode(frame)) == fields


def test_whatever_was_said_survives_the_wire() -> None:
    """Quotes, control characters, line separators and markup come out as they went in."""
    text = '"\\ \n\t\x1f\u2028 <script>&amp; 🦊 \u202e'
    assert json.loads(encode(MessageFrame("lobby", ADA, text, "…")))["text"] == text


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), "2026-01-31T12:00:00.000Z"),
        (datetime(2026, 1, 31, 12, 0, 59, 999_999, tzinfo=UTC), "2026-01-31T12:00:59.999Z"),
        (datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T23:00:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(moment: datetime, written: str) -> None:
    """RFC 3339 with three digits of a second and a Z, whatever zone the moment was told in."""
    assert timestamp(moment) == written
