"""Random frames and addresses, on a real server that has to survive them."""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from rooms.names import is_room_name
from rooms.visibility import usable_name
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.frames import PRESENCE
from rtproject.tests.support.servers import Daphne, Server

TIMEOUT = 30  # seconds for one answer
STORED = 60  # messages in the room `stored`, more than a newcomer gets unasked

steady = settings(derandomize=True, deadline=None, database=None, max_examples=120)


def dial(server: Server, target: str) -> ClientConnection:
    """Connect to `target`, without pings, whose use of `random` disturbs Hypothesis."""
    address = f"ws://127.0.0.1:{server.port}{target}"
    return connect(address, proxy=None, max_queue=None, ping_interval=None)


@pytest.fixture(scope="module")
def server(new_site: NewSite) -> Iterator[Server]:
    """A server without limits, with messages in `stored`; nothing in its log is a traceback."""
    server = Daphne(
        new_site(
            ROOMS_MESSAGE_RATE="100000/second",
            ROOMS_ADDRESS_RATE=0,
            ROOMS_PASSWORD_ATTEMPTS=0,
            WEBSOCKETS_PER_ADDRESS=0,
        )
    )
    server.execute('from rooms.models import Room; Room.objects.create(name="stored")')
    with dial(server, "/ws/stored") as client:
        for number in range(STORED):
            client.send(str(number))
        while json.loads(client.recv(TIMEOUT)).get("seq") != STORED:
            pass
    yield server
    server.terminate()
    assert "Traceback" not in server.log


PERSON = {"id": str, "name": str, "guest": bool}
FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # as in docs/protocol.md: required, optional
    "welcome": (
        {"room": str, "title": str, "you": PERSON, "members": list, "count": int, "history": bool},
        {"seq": int, "epoch": str, "recovered": bool},
    ),
    "message": ({"room": str, "from": PERSON, "text": str, "at": str}, {"id": str, "seq": int}),
    "said": ({"id": str, "seq": int}, {}),
    "history": ({"messages": list, "more": bool}, {}),
    "pong": ({}, {}),
    "error": ({"code": str, "detail": str}, {"id": str}),
}


def check(value: Any, required: dict[str, Any], optional: dict[str, Any]) -> None:
    """Assert that an object has these fields, of these types, and no others."""
    known = required | optional
    assert required.keys() <= value.keys() <= known.keys(), value
    for name, kind in known.items():
        if name in value and isinstance(kind, dict):
            check(value[name], kind, {})
        elif name in value:
            assert type(value[name]) is kind, value


def check_frame(frame: dict[str, Any]) -> None:
    """Assert that `frame` is one of docs/protocol.md."""
    check({name: frame[name] for name in frame if name != "type"}, *FIELDS[frame["type"]])
    if frame["type"] == "error":
        assert frame["code"] in {"bad_frame", "too_long", "rate_limited", "unavailable", "id_used"}
        assert 0 < len(frame["detail"]) <= 300
    for message in frame.get("messages", []):
        assert message["type"] == "message"
        check_frame(message)


# --- Frames ----------------------------------------------------------------------------------------------------

ODD = ["\0", "a\0b", "\ud800", "\udfffx", "\u202e", "﷽", " ", "\u3000", "x" * 65, "x" * 5000, "{", "}"]
NUMBERS = [0, -1, 200, 201, 2**31, 2**53, 2**63, 2**64, 10**400, -(10**400), 1e308, 1e-320, 1e999, 1e999 * 0]
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
nested = st.builds(lambda value: f'{{"type": "say", "text": "x", "more": {value}}}', nests) | nests


@st.composite
def broken(draw: st.DrawFn) -> str:
    """The text of a frame with something missing or something too much."""
    text = draw(almost.map(json.dumps))
    start = draw(st.integers(0, len(text)))
    return text[:start] + draw(st.text(max_size=3)) + text[start + draw(st.integers(0, 3)) :]


json_texts = st.one_of(values, almost).map(json.dumps)
frames = st.text(max_size=60) | json_texts | broken() | nested


class Pair:
    """A client that sends anything at all to a room, and another one inside."""

    _marks = count(1)

    def __init__(self, sender: ClientConnection, other: ClientConnection) -> None:
        self._sender = sender
        self._other = other

    def answer(self, frame: str | bytes) -> dict[str, Any]:
        """Return the only answer to `frame`; the other client gets the messages."""
        mark = f"mark-{next(self._marks)}"
        self._sender.send(frame)
        self._sender.send(json.dumps({"type": "say", "text": "and now?", "id": mark}))
        (answer,) = self._until(self._sender, mark)
        check_frame(answer)
        assert self._until(self._other, mark) == ([answer] if answer["type"] == "message" else [])
        return answer

    def _until(self, client: ClientConnection, mark: str) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = []
        while (frame := json.loads(client.recv(TIMEOUT))).get("id") != mark:
            if frame["type"] not in {*PRESENCE, "welcome"}:
                frames.append(frame)
        return frames


@pytest.fixture(scope="module", params=["lobby", "elsewhere"])
def pair(request: pytest.FixtureRequest, server: Server) -> Iterator[Pair]:
    """Two clients in a room with history, or without."""
    with dial(server, f"/ws/{request.param}") as sender, dial(server, f"/ws/{request.param}") as other:
        yield Pair(sender, other)


@settings(steady, max_examples=400)
@given(frames)
@example("{")
@example("x" * 4097)
@example("\ufeff{}")
@example('{"type": "say", "text": "a", "text": "\\ud800"}')
def test_any_frame_has_one_answer(pair, text):
    answer = pair.answer(text)
    assert text.startswith("{") or answer["type"] == "error" or answer["text"] == text


# --- Addresses -------------------------------------------------------------------------------------------------

NAMES = ["since", "epoch", "history", "name", "key", "pass", "room", "Since", "name[]", ""]
VALUES = ["", " 1", "0", "-1", "+1", "1.0", "1e2", "0x1", "٣", "²", "007", "60", "200", "201", "9" * 20]
HUGE = ["9" * 5000, str(2**64), "\0", "a\0", "a" * 16, "a" * 64, "x" * 7000]
GUESTS = [" Ann ", "a" * 33, "e\u0301" * 32, "\u202eAnn", "A\nB", "\u200b", "\u3000", "👩‍👩‍👧", "<b>"]
words = st.text(max_size=40) | st.sampled_from(VALUES + HUGE + GUESTS)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), words), max_size=8)
LONGEST = 12_000  # characters of an address; from 16 KiB on Daphne answers nothing


def visit(server: Server, target: str) -> tuple[int | None, list[dict[str, Any]]]:
    """Return the code of a denial, or None and the frames until a ping is answered."""
    assume(len(target) < LONGEST)
    frames: list[dict[str, Any]] = []
    with dial(server, target) as client:
        try:
            client.send('{"type": "ping"}')
            while not frames or frames[-1]["type"] != "pong":
                frames.append(json.loads(client.recv(TIMEOUT)))
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 1006), frames
    frames = [frame for frame in frames if frame["type"] not in {*PRESENCE, "pong"}]
    for frame in frames:
        check_frame(frame)
    return None, frames


@steady
@given(pairs, st.sampled_from(["stored", "STORED", "elsewhere"]))
@example([("name", "Ann"), ("name", "Bob")], "stored")
@example([("since", "10"), ("since", "-1")], "stored")
def test_an_open_room_welcomes_with_any_query(server, query, room):
    """The last of a repeated parameter counts, and an invalid one counts as absent."""
    code, (welcome, *messages) = visit(server, f"/ws/{room}?{urlencode(query)}")
    assert (code, welcome["room"]) == (None, room.lower())
    assert welcome["you"]["guest"] is True
    assert welcome["you"] in welcome["members"]
    last = dict(query)
    name = usable_name(last.get("name"))
    assert welcome["you"]["name"] == name if name else welcome["you"]["name"].startswith("guest-")
    if welcome["history"]:
        assert not welcome["recovered"]  # an epoch cannot be known in advance
        asked = last.get("history", "")
        valid = asked.isascii() and asked.isdigit() and len(asked) < 5 and int(asked) <= 200
        first = max(1, STORED + 1 - (int(asked) if valid else 50))
        assert [message["seq"] for message in messages] == list(range(first, STORED + 1))


@steady
@given(
    st.text(min_size=1, max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{1,66}", fullmatch=True), st.booleans()
)
@example("..", True)
@example("a/b", False)
@example("lobby\n", False)
@example("\u017f", False)  # an "s" where names are compared without case
@example("\u212a", False)  # a "k"
def test_a_room_is_found_by_a_valid_name_alone(server, name, slash):
    assume(name.lower() != "vip")
    valid = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name, re.ASCII) is not None
    assert is_room_name(name) is valid
    assert visit(server, f"/ws/{quote(name, safe='')}{'/' * slash}")[0] == (None if valid else 4004)
