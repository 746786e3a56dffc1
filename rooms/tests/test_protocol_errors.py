"""What is no frame of the protocol, and how a client is told so."""

import json

import pytest

from rooms.protocol import BadFrame, decode

LONGEST_DETAIL = 300  # characters; a detail is one sentence, whatever stood in the frame


def refused(text: str) -> BadFrame:
    """The error that `text` is answered with."""
    with pytest.raises(BadFrame) as caught:
        decode(text)
    detail = str(caught.value)
    assert 0 < len(detail) <= LONGEST_DETAIL
    assert detail.isprintable()
    assert json.dumps(detail, ensure_ascii=False).encode()
    return caught.value


UNREADABLE = {
    "a brace": "{",
    "two braces": "{}{}",
    "something behind": '{"type": "ping"} x',
    "a trailing comma": '{"type": "ping",}',
    "single quotes": "{'type': 'ping'}",
    "not a number": '{"type": "history", "before": NaN}',
    "a bare line feed": '{"type": "say", "text": "a\nb"}',
    "an escape that is none": r'{"type": "say", "text": "\x"}',
    "a lone surrogate, escaped": r'{"type": "say", "text": "\ud800"}',
    "a low surrogate, escaped": r'{"type": "say", "text": "a\udc00b"}',
    "a lone surrogate in an id": r'{"type": "say", "text": "a", "id": "\udfff"}',
    "a lone surrogate as it is": '{"type": "say", "text": "\ud800"}',
    "a lone surrogate as a field": '{"type": "say", "text": "a", "\ud800": 1}',
    "arrays, deep": '{"type": "say", "text": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "objects, deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep in an unknown field": '{"type": "ping", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep and never closed": '{"x": ' + "[" * 900_000,
    "a million bytes": "{" + "x" * 999_999,
    "a million quotes": "{" + '"' * 999_999,
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_refused(text: str) -> None:
    """What is no JSON object at all is answered with one short sentence and no id."""
    assert refused(text).frame_id is None


WRONG = {
    "no type": {},
    "an empty type": {"type": ""},
    "an unknown type": {"type": "shout"},
    "a type of the server": {"type": "welcome"},
    "a type in capitals": {"type": "PING"},
    "a number as type": {"type": 1},
    "null as type": {"type": None},
    "a list as type": {"type": ["ping"]},
    "a very long type": {"type": "x" * 100_000},
    "no text": {"type": "say"},
    "null as text": {"type": "say", "text": None},
    "a number as text": {"type": "say", "text": 1},
    "a list as text": {"type": "say", "text": ["a"]},
    "an object as text": {"type": "say", "text": {}},
    "text before": {"type": "history", "before": "1", "limit": 9},
    "a fraction before": {"type": "history", "before": 1.5, "limit": 9},
    "true before": {"type": "history", "before": True, "limit": 9},
    "a number below zero": {"type": "history", "before": -1, "limit": 9},
    "no number before": {"type": "history", "limit": 9},
    "null before": {"type": "history", "before": None, "limit": 9},
    "no limit": {"type": "history", "before": 9},
    "no messages": {"type": "history", "before": 9, "limit": 0},
    "too many messages": {"type": "history", "before": 9, "limit": 201},
    "null as limit": {"type": "history", "before": 9, "limit": None},
    "text as limit": {"type": "history", "before": 9, "limit": "10"},
    "a huge number": {"type": "history", "before": 9, "limit": 10**400},
    "a huge number below zero": {"type": "history", "before": 9, "limit": -(10**400)},
    "empty text": {"type": "say", "text": ""},
    "blank text": {"type": "say", "text": " \t\r\n\u2028\u3000"},
    "text of no width": {
        "type": "say",
        "text": "\u200b\u2060\ufeff\u200d \u202e\u00ad\ufe0f\u034f\u3164\u2800\a",
    },
    "a NUL": {"type": "say", "text": "a\0b"},
    "only a NUL": {"type": "say", "text": "\0"},
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("frame_id", [None, "7", "x" * 64])
def test_a_wrong_frame_is_refused_by_its_id(fields: dict[str, object], frame_id: str | None) -> None:
    """Wrong types, missing fields and unusable text are refused; an id that can be read is carried."""
    known = {} if frame_id is None else {"id": frame_id}
    assert refused(json.dumps(fields | known)).frame_id == frame_id
    assert refused(json.dumps(known | fields)).frame_id == frame_id


@pytest.mark.parametrize("bad", [None, 1, 1.5, True, [], {}, "", "x" * 65, 10**40])
def test_an_id_that_is_none_is_refused_and_not_carried(bad: object) -> None:
    """An id is 1 to 64 characters of text; another one is an error that has no id."""
    assert refused(json.dumps({"type": "say", "text": "a", "id": bad})).frame_id is None
    assert refused(json.dumps({"type": "shout", "id": bad})).frame_id is None


def test_an_id_with_a_nul_is_refused() -> None:
    """No database keeps one, so nobody could be told that what they said under it was stored."""
    assert refused(json.dumps({"type": "say", "text": "a", "id": "a\0b"})).frame_id == "a\0b"


ODD = {
    "a lone surrogate in the text": r'{"type": "say", "text": "a\ud800b", "id": "7"}',
    "a lone surrogate before the id": r'{"text": "\udc00", "type": "say", "id": "7"}',
    "NaN": '{"type": "history", "before": NaN, "limit": 9, "id": "7"}',
    "a pair in the id": r'{"type": "say", "text": "\ud800", "id": "\ud83e\udd8a"}',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_the_id_of_what_only_some_readers_take_for_json_is_carried(text: str) -> None:
    """A client that was written with one of them waits for an answer to that id."""
    assert refused(text).frame_id == json.loads(text)["id"]


@pytest.mark.parametrize("bad", [r'"\udfff"', '""', '"%s"' % ("x" * 65), "7", "null", "[]"])
def test_of_these_too_an_id_that_is_none_is_not_carried(bad: str) -> None:
    """What cannot be sent back, or is no id at all; and nobody reads what is wrong and very long once more."""
    assert refused(rf'{{"type": "say", "text": "\ud800", "id": {bad}}}').frame_id is None
    assert refused(r'{"type": "say", "id": "7", "text": "\ud800%s"}' % ("x" * 70_000)).frame_id is None


HUGE = {
    "a large exponent": "1e999",
    "a large exponent below zero": "-1e999",
    "many digits": "9" * 5000,
    "many decimals": "0." + "9" * 5000,
    "a million digits": "1" + "0" * 999_000,
}


@pytest.mark.parametrize("number", HUGE.values(), ids=HUGE.keys())
def test_a_huge_number_is_refused(number: str) -> None:
    """A number that no machine word holds is an error and costs nothing to speak of."""
    assert refused(f'{{"type": "history", "limit": 9, "before": {number}}}').frame_id is None


PLAIN = {
    "nothing": "",
    "a space": " ",
    "line feeds": "\r\n",
    "a NUL": "a\0",
    "a lone surrogate": "a\udc80b",
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN.keys())
def test_plain_text_that_cannot_be_said_is_refused(text: str) -> None:
    """The rules for text are the same without JSON around it."""
    assert refused(text).frame_id is None


def test_the_detail_names_the_field_and_what_was_expected() -> None:
    """A developer reads in the error where the frame is wrong."""
    assert "`$.text`" in str(refused('{"type": "say", "text": 1}'))
    assert "`text`" in str(refused('{"type": "say"}'))
    assert "shout" in str(refused('{"type": "shout"}'))
