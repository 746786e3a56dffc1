"""The frames of a room, and how client frames are decoded."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from rooms import protocol
from rooms.protocol import BadFrame, Person, Say, decode, encode, timestamp

VALID = {
    '{"type": "say", "text": "hi"}': Say("hi"),
    '{"type": "say", "text": "hi", "id": "7"}': Say("hi", given="7"),
    '{"id": "%s", "text": "hi", "type": "say"}' % ("x" * 64): Say("hi", given="x" * 64),
    '{"type": "say", "text": "  hi  "}': Say("  hi  "),
    '{"type": "say", "text": "\\ud83e\\udd8a \\u0007"}': Say("🦊 \a"),
    '{"type": "say", "text": "\u200b\u0600"}': Say("\u200b\u0600"),
    '{"type": "say", "text": "hi", "from": "root", "more": [1, {}]}': Say("hi"),
    '{"type": "say", "text": "one", "text": "two"}': Say("two"),
    '{"type": "ping", "at": 1} \n': protocol.Ping(),
    '{"type": "history", "before": 12, "limit": 1}': protocol.History(12, 1),
    '{"type": "history", "before": 0, "limit": 200}': protocol.History(0, 200),
    '{"type": "delete", "seq": 3, "id": "7"}': protocol.Delete(3, given="7"),
}


@pytest.mark.parametrize(("text", "frame"), VALID.items(), ids=VALID.keys())
def test_a_valid_frame_is_decoded(text, frame):
    """Unknown fields are ignored."""
    assert decode(text) == frame


@pytest.mark.parametrize("text", ["hi", " {", "[1]", '"x"', "}", "null", "  hi\n", "🦊", "x" * 1_000_000])
def test_plain_text_is_said_as_it_is(text):
    assert decode(text) == Say(text)


def refused(text: str) -> BadFrame:
    """The error that `text` is answered with: one short, printable sentence."""
    with pytest.raises(BadFrame) as caught:
        decode(text)
    detail = str(caught.value)
    assert 0 < len(detail) <= 300
    assert detail.isprintable()
    assert json.dumps(detail, ensure_ascii=False).encode()
    return caught.value


UNREADABLE = {
    "a brace": "{",
    "something behind": '{"type": "ping"} x',
    "a trailing comma": '{"type": "ping",}',
    "not a number": '{"type": "history", "before": NaN}',
    "a bare line feed": '{"type": "say", "text": "a\nb"}',
    "a lone surrogate, escaped": r'{"type": "say", "text": "\ud800"}',
    "a lone surrogate in an id": r'{"type": "say", "text": "a", "id": "\udfff"}',
    "a lone surrogate as it is": '{"type": "say", "text": "\ud800"}',
    "a lone surrogate as a field": '{"type": "say", "text": "a", "\ud800": 1}',
    "arrays, deep": '{"type": "say", "text": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep in an unknown field": '{"type": "ping", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep and never closed": '{"x": ' + "[" * 900_000,
    "a million quotes": "{" + '"' * 999_999,
    "a large exponent": '{"type": "history", "limit": 9, "before": 1e999}',
    "a million digits": '{"type": "history", "limit": 9, "before": 1%s}' % ("0" * 999_000),
    "plain, empty": "",
    "plain, blank": " \r\n",
    "plain, with a NUL": "a\0",
    "plain, with a lone surrogate": "a\udc80b",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_text_that_cannot_be_read_is_refused_without_an_id(text):
    assert refused(text).frame_id is None


INVISIBLE = "\u200b\u2060\ufeff\u202e\u00ad\ufe0f\u034f\u3164\u2800\a"
WRONG: list[Any] = [
    *({"type": kind} for kind in ("shout", "welcome", "PING", ["ping"], "x" * 100_000, "say")),
    *({"type": "say", "text": text} for text in ("", " \t\r\n\u2028\u3000", INVISIBLE, "a\0b")),
    {"type": "say", "text": None}, {"type": "say", "text": {}},
    *({"type": "history", "limit": 9, "before": before} for before in ("1", 1.5, True, -1, None)),
    *({"type": "history", "before": 9, "limit": limit} for limit in (0, 201, 10**400)),
    {"type": "delete"}, {"type": "delete", "seq": "3"},
    {"type": "history", "limit": 9}, {"type": "history", "before": 9}, {},
]  # fmt: skip


@pytest.mark.parametrize("fields", WRONG)
@pytest.mark.parametrize("frame_id", [None, "7", "x" * 64])
def test_a_wrong_frame_is_refused_with_its_id(fields, frame_id):
    known = {} if frame_id is None else {"id": frame_id}
    assert refused(json.dumps(fields | known)).frame_id == frame_id
    assert refused(json.dumps(known | fields)).frame_id == frame_id


@pytest.mark.parametrize("bad", [None, 1, 1.5, True, [], {}, "", "x" * 65, 10**40])
def test_an_invalid_id_is_refused_and_not_repeated(bad):
    assert refused(json.dumps({"type": "say", "text": "a", "id": bad})).frame_id is None
    assert refused(json.dumps({"type": "shout", "id": bad})).frame_id is None
    assert (
        refused('{"type": "say", "text": "a", "id": "a\\u0000b"}').frame_id == "a\0b"
    )  # no database keeps it


ODD = {
    "a lone surrogate in the text": r'{"type": "say", "text": "a\ud800b", "id": "7"}',
    "NaN": '{"type": "history", "before": NaN, "limit": 9, "id": "7"}',
    "a pair in the id": r'{"type": "say", "text": "\ud800", "id": "\ud83e\udd8a"}',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_a_text_that_only_other_parsers_accept_is_refused_with_its_id(text):
    """A client that was written with one of them waits for the answer to that id."""
    assert refused(text).frame_id == json.loads(text)["id"]


@pytest.mark.parametrize("bad", [r'"\udfff"', '""', '"%s"' % ("x" * 65), "7", "null", "[]"])
def test_of_such_a_text_an_invalid_id_is_not_repeated(bad):
    """A very long text is not parsed again."""
    assert refused(rf'{{"type": "say", "text": "\ud800", "id": {bad}}}').frame_id is None
    assert refused(r'{"type": "say", "id": "7", "text": "\ud800%s"}' % ("x" * 70_000)).frame_id is None


def test_an_error_names_the_field_that_is_wrong():
    assert "`$.text`" in str(refused('{"type": "say", "text": 1}'))
    assert "`text`" in str(refused('{"type": "say"}'))
    assert "shout" in str(refused('{"type": "shout"}'))


ADA = Person("1a2b", "Ada", guest=True)
BOT = Person("1a2b", "Ada", guest=False, program=True)
SHOWN = {"id": "1a2b", "name": "Ada", "guest": True}
ENCODED: list[tuple[protocol.ServerFrame, dict[str, object]]] = [
    (
        protocol.Welcome("lobby", "The lobby", ADA, [ADA], 1, history=False),
        {"type": "welcome", "room": "lobby", "title": "The lobby", "history": False, "you": SHOWN,
         "members": [SHOWN], "count": 1},
    ),
    (
        protocol.Welcome("lobby", "The lobby", ADA, [], 0, history=True, epoch="e", seq=7, recovered=True),
        {"type": "welcome", "room": "lobby", "title": "The lobby", "history": True, "you": SHOWN,
         "members": [], "count": 0, "epoch": "e", "seq": 7, "recovered": True},
    ),
    (
        protocol.MessageFrame("lobby", ADA, "hi", "…", "7", 3),
        {"type": "message", "room": "lobby", "text": "hi", "at": "…", "id": "7", "seq": 3, "from": SHOWN},
    ),
    (
        protocol.MessageFrame("lobby", ADA, '"\\ \n\t\x1f\u2028 <script>&amp; 🦊 \u202e', "…"),
        {"type": "message", "room": "lobby", "text": '"\\ \n\t\x1f\u2028 <script>&amp; 🦊 \u202e', "at": "…",
         "from": SHOWN},
    ),
    (protocol.Said("7", 3), {"type": "said", "id": "7", "seq": 3}),
    (protocol.Joined(ADA, 2), {"type": "joined", "member": SHOWN, "count": 2}),
    (protocol.Left(ADA, 1), {"type": "left", "member": SHOWN, "count": 1}),
    (protocol.Count(201), {"type": "count", "count": 201}),
    (protocol.Notice("Tea.", "…"), {"type": "notice", "text": "Tea.", "at": "…"}),
    (protocol.Notice("Tea.", "…", 3), {"type": "notice", "text": "Tea.", "at": "…", "seq": 3}),
    (protocol.Deleted(4, 3, "author"), {"type": "deleted", "seq": 4, "target": 3, "by": "author"}),
    (protocol.Event("n", msgspec.Raw(b'{"a":[]}')), {"type": "event", "event": "n", "data": {"a": []}}),
    (protocol.Joined(BOT, 2), {"type": "joined", "member": {**SHOWN, "guest": False, "program": True}, "count": 2}),
    (protocol.IsTyping(ADA), {"type": "typing", "member": SHOWN}),
    (protocol.HistoryPage([], more=False), {"type": "history", "messages": [], "more": False}),
    (protocol.Pong(), {"type": "pong"}),
    (protocol.Error("too_long", "No.", "7"), {"type": "error", "code": "too_long", "detail": "No.", "id": "7"}),
    (protocol.Error("bad_frame", "No."), {"type": "error", "code": "bad_frame", "detail": "No."}),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "fields"), ENCODED)
def test_a_frame_is_encoded_with_exactly_these_fields(frame, fields):
    assert json.loads(encode(frame)) == fields


def test_times_are_in_utc_with_milliseconds():
    one = datetime(2026, 1, 1, 1, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(one) == "2025-12-31T23:00:59.999Z"
    assert timestamp(datetime(2026, 1, 31, 12, tzinfo=UTC)) == "2026-01-31T12:00:00.000Z"
