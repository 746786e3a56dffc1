"""Frames that nobody thought of, on a real connection that has to survive all of them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from rooms.protocol import BadFrame, decode
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.frames import PRESENCE
from rtproject.tests.support.servers import Daphne, Server

PATIENCE = 30  # seconds for one answer

steady = settings(derandomize=True, deadline=None, database=None, max_examples=150)

# --- What is sent ----------------------------------------------------------------------------------------------

ODD = ["\0", "a\0b", "\ud800", "\udfffx", "\u202e", "﷽", " ", "\u3000", "x" * 65, "x" * 5000, "{", "}"]
POWERS = [2**31, 2**53, 2**63, 2**64, 10**400, -(10**400)]
NUMBERS = [0, -1, 200, 201, *POWERS, 1e308, 1e-320, 1e999, -1e999, 1e999 * 0]
texts = st.text(max_size=20) | st.sampled_from(ODD) | st.text(st.characters(), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(NUMBERS)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from(["say", "history", "ping", "message", "welcome", "error", "SAY", ""]) | values
ids = st.sampled_from(["1", "2", "x" * 64]) | values
almost = st.fixed_dictionaries(
    {"type": types},
    optional={"text": texts | values, "id": ids, "before": values, "limit": values, "room": values},
)
PAIRS = [("[", "]"), ('{"a":', "}"), ("[", ""), ('{"a":', "1}")]
depths = st.sampled_from([2, 100, 1025, 5000, 50_000])
nests = st.builds(lambda pair, depth: pair[0] * depth + pair[1] * depth, st.sampled_from(PAIRS), depths)
json_texts = st.one_of(values, almost).map(json.dumps)
nested = st.builds(lambda value: f'{{"type": "say", "text": "x", "more": {value}}}', nests) | nests


@st.composite
def broken(draw: st.DrawFn) -> str:
    """The text of a frame from which something is missing, or in which something is too much."""
    text = draw(almost.map(json.dumps))
    start = draw(st.integers(0, len(text)))
    return text[:start] + draw(st.text(max_size=3)) + text[start + draw(st.integers(0, 3)) :]


# --- What is heard ---------------------------------------------------------------------------------------------

ERRORS = {"bad_frame", "too_long", "rate_limited", "unavailable", "id_used"}
PERSON = {"id": str, "name": str, "guest": bool}
MESSAGE = {"room": str, "from": PERSON, "text": str, "at": str}
FIELDS: dict[
    str, tuple[dict[str, Any], dict[str, Any]]
] = {  # the contract's: what is always there, what may be
    "message": (MESSAGE, {"id": str, "seq": int}),
    "said": ({"id": str, "seq": int}, {}),
    "history": ({"messages": list, "more": bool}, {}),
    "pong": ({}, {}),
    "error": ({"code": str, "detail": str}, {"id": str}),
}


def check(value: Any, always: dict[str, Any], maybe: dict[str, Any]) -> None:
    """Whether an object has these fields, of these types, and no others."""
    known = always | maybe
    assert always.keys() <= value.keys() <= known.keys(), value
    for name, kind in known.items():
        if name in value and isinstance(kind, dict):
            check(value[name], kind, {})
        elif name in value:
            assert type(value[name]) is kind, value


def check_frame(frame: dict[str, Any]) -> None:
    """Whether `frame` is one that the contract knows."""
    check({name: frame[name] for name in frame if name != "type"}, *FIELDS[frame["type"]])
    if frame["type"] == "error":
        assert frame["code"] in ERRORS
        assert 0 < len(frame["detail"]) <= 300
    for message in frame.get("messages", []):
        assert message["type"] == "message"
        check_frame(message)


class Talk:
    """Somebody who sends anything at all to a room, and somebody else who is in there."""

    _marks = count(1)

    def __init__(self, speaker: ClientConnection, subscriber: ClientConnection) -> None:
        self._speaker = speaker
        self._listener = subscriber

    def answers(self, frame: str | bytes) -> list[dict[str, Any]]:
        """What `frame` is answered with: all that comes before what is said after it. The other hears its messages."""
        mark = f"mark-{next(self._marks)}"
        self._speaker.send(frame)
        self._speaker.send(json.dumps({"type": "say", "text": "and now?", "id": mark}))
        heard = self._until(self._speaker, mark)
        overheard = self._until(self._listener, mark)
        for answer in heard:
            check_frame(answer)
        assert overheard == [answer for answer in heard if answer["type"] == "message"]
        return heard

    def _until(self, client: ClientConnection, mark: str) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        while True:
            frame = json.loads(client.recv(PATIENCE))
            if frame.get("id") == mark:
                return heard
            if frame["type"] not in {*PRESENCE, "welcome"}:
                heard.append(frame)


@pytest.fixture(scope="module")
def server(new_site: NewSite) -> Iterator[Server]:
    """A server that lets everybody say as much as they like; nothing in its log is a traceback."""
    server = Daphne(new_site(ROOMS_MESSAGE_RATE=0))
    yield server
    server.terminate()
    assert "Traceback" not in server.log


@pytest.fixture(scope="module", params=["lobby", "elsewhere"])
def talk(request: pytest.FixtureRequest, server: Server) -> Iterator[Talk]:
    """One conversation for all frames, in a room that keeps them and in one that does not; it is open at the end."""
    url = server.ws_url(f"/ws/{request.param}")
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(url, max_size=None, proxy=None)) for _ in range(2)]
        for client in clients:
            assert json.loads(client.recv(PATIENCE))["type"] == "welcome"
        yield Talk(*clients)
        for client in clients:
            client.send('{"type": "ping"}')
            while (frame := json.loads(client.recv(PATIENCE)))["type"] in PRESENCE:
                pass
            assert frame == {"type": "pong"}


@steady
@given(st.text(max_size=60))
@example("{")
@example("x" * 4097)
@example("\ufeff{}")
def test_any_text_has_one_answer(talk: Talk, text: str) -> None:
    """Text is said or refused, and the connection goes on either way."""
    (answer,) = talk.answers(text)
    assert answer["type"] == "error" or answer["text"] == text


@steady
@given(json_texts)
@example('{"type": "say", "text": "a", "text": "\\ud800"}')
def test_any_json_has_one_answer(talk: Talk, text: str) -> None:
    """Whatever an object holds, its types, its numbers, its characters: one frame of the contract comes back."""
    (answer,) = talk.answers(text)
    assert text.startswith("{") or answer["type"] in ("message", "error")


@steady
@given(broken() | nested)
def test_a_broken_frame_has_one_answer(talk: Talk, text: str) -> None:
    """What is cut off, has something too much in it, or is nested a thousand deep."""
    assert len(talk.answers(text)) == 1


@steady
@given(st.binary(max_size=200))
@example(b'{"type": "ping"}')
def test_bytes_are_refused(talk: Talk, data: bytes) -> None:
    """Frames of rooms are text."""
    (answer,) = talk.answers(data)
    assert (answer["type"], answer["code"]) == ("error", "bad_frame")


@steady
@given(st.text(st.characters(), max_size=60) | json_texts | broken() | nested)
def test_decoding_raises_nothing_else(text: str) -> None:
    """Also for lone surrogates as they are, which no server lets through."""
    detail = "none"
    try:
        decode(text)
    except BadFrame as error:
        detail = str(error)
    assert 0 < len(detail) <= 300
