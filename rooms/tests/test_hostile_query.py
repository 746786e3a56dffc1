"""Addresses that nobody thought of: whatever stands in one, a newcomer gets a welcome or a code of the contract."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from rooms.names import is_room_name
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.frames import PRESENCE
from rtproject.tests.support.servers import Daphne, Server

PATIENCE = 30  # seconds for one frame
STORED = 60  # messages in the room with history, more than a newcomer is shown unasked

steady = settings(derandomize=True, deadline=None, database=None, max_examples=120)

NAMES = ["since", "epoch", "history", "name", "key", "pass", "room", "Since", "name[]", ""]
VALUES = [
    "",
    " 1",
    "0",
    "1",
    "-1",
    "+1",
    "1.0",
    "1e2",
    "0x1",
    "٣",
    "²",
    "007",
    "59",
    "60",
    "61",
    "200",
    "201",
]
HUGE = ["9" * 20, "9" * 5000, str(2**63), str(2**64), "\0", "a\0", "a" * 16, "a" * 64, "x" * 7000]
GUESTS = [" Ann ", "a" * 33, "e\u0301" * 32, "\u202eAnn", "A\nB", "\u200b", "\u3000", "👩‍👩‍👧", "<b>"]
PIECES = [
    "%",
    "%0",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%C0%80",
    "+",
    "&",
    ";",
    "=",
    "?",
    "&&",
    "name=",
    "since=",
    "1",
]
words = st.text(max_size=40) | st.sampled_from(VALUES + HUGE + GUESTS)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), words), max_size=8)
pieces = st.lists(st.sampled_from(PIECES), max_size=120).map("".join)
LONGEST = 12_000  # characters of an address; from 16 KiB on Daphne answers nothing


@pytest.fixture(scope="module")
def server(new_site: NewSite) -> Iterator[Server]:
    """A server on which nobody is counted, with messages in `lobby`; nothing in its log is a traceback."""
    server = Daphne(new_site(ROOMS_MESSAGE_RATE=0, ROOMS_PASSWORD_ATTEMPTS=0, WEBSOCKETS_PER_ADDRESS=0))
    with connect(server.ws_url("/ws/lobby"), proxy=None) as client:
        for number in range(STORED):
            client.send(str(number))
        while json.loads(client.recv(PATIENCE)).get("seq") != STORED:
            pass
    yield server
    server.terminate()
    assert "Traceback" not in server.log


def visit(server: Server, target: str) -> tuple[int | None, list[dict[str, Any]]]:
    """What comes of connecting to `target`: the code of a refusal, or the frames until a ping is answered."""
    assume(len(target) < LONGEST)
    frames: list[dict[str, Any]] = []
    with connect(f"ws://127.0.0.1:{server.port}{target}", proxy=None, max_queue=None) as client:
        try:
            client.send('{"type": "ping"}')
            while not frames or frames[-1]["type"] != "pong":
                frames.append(json.loads(client.recv(PATIENCE)))
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 1006), frames
    return None, [frame for frame in frames if frame["type"] not in {*PRESENCE, "pong"}]


def check_name(given_name: str, shown: str) -> None:
    """The contract's rule for a guest's name, as Unicode's categories say it."""
    name = unicodedata.normalize("NFC", given_name).strip()
    bad = any(unicodedata.category(char)[0] == "C" or (char.isspace() and char != " ") for char in name)
    if 1 <= len(name) <= 32 and not bad:
        assert shown == name
    else:
        assert re.fullmatch(r"guest-[0-9a-f]{4,}", shown)


def check_welcome(frame: dict[str, Any], room: str) -> None:
    """Whether each field is what it may be."""
    assert (frame["type"], frame["room"].lower()) == ("welcome", room.lower())
    assert re.fullmatch(r"[0-9a-f]{8,}", frame["you"]["id"])
    assert frame["you"]["guest"] is True
    assert frame["you"] in frame["members"] or frame["count"] > 100
    assert 1 <= len(frame["members"]) <= min(100, frame["count"])
    if frame["history"]:
        assert frame["seq"] == STORED
        assert type(frame["recovered"]) is bool
    else:
        assert not {"seq", "epoch", "recovered"} & frame.keys()


def check_replay(numbers: list[int], query: dict[str, str], recovered: bool) -> None:
    """The newest `history` messages, or exactly what came after `since`."""
    if recovered:
        assert numbers == list(range(int(query["since"]) + 1, STORED + 1))
    else:
        asked = query.get("history", "")
        known = asked.isascii() and asked.isdigit() and len(asked) < 5 and int(asked) <= 200
        assert len(numbers) == min(STORED, int(asked) if known else 50)
        assert numbers == list(range(STORED - len(numbers) + 1, STORED + 1))


@steady
@given(pairs, st.sampled_from(["lobby", "LOBBY", "elsewhere"]))
@example([("name", "Ann"), ("name", "Bob")], "lobby")
@example([("since", "10"), ("since", "-1")], "lobby")
def test_whatever_is_asked_an_open_room_says_welcome(
    server: Server, asked: list[tuple[str, str]], room: str
) -> None:
    """Of a repeated parameter the last counts, and what cannot be used counts as absent."""
    code, frames = visit(server, f"/ws/{room}?{urlencode(asked)}")
    assert code is None
    welcome, *messages = frames
    check_welcome(welcome, room)
    query = dict(asked)
    check_name(query.get("name", ""), welcome["you"]["name"])
    if welcome["history"]:
        assert not welcome["recovered"]  # nobody guesses an epoch
        check_replay([message["seq"] for message in messages], query, recovered=False)


@steady
@given(st.sampled_from(VALUES + HUGE) | st.integers(-5, STORED + 5).map(str))
@example(str(STORED))
def test_a_since_of_this_epoch_is_recovered_only_if_it_is_a_number_in_range(
    server: Server, since: str
) -> None:
    """The contract's rule for `recovered`, with the room's own epoch."""
    _, (welcome, *_) = visit(server, "/ws/lobby?history=0")
    query = {"since": since, "epoch": welcome["epoch"]}
    code, (again, *messages) = visit(server, f"/ws/lobby?{urlencode(query)}")
    assert code is None
    usable = re.fullmatch("[0-9]{1,20}", since) is not None and int(since) <= STORED
    assert again["recovered"] is usable
    check_replay([message["seq"] for message in messages], query, usable)


@steady
@given(pieces, st.sampled_from(["lobby", "elsewhere"]))
def test_a_query_that_is_none_does_no_harm(server: Server, query: str, room: str) -> None:
    """Encodings that are cut off, or stand for no character, and far too many parameters."""
    code, frames = visit(server, f"/ws/{room}?{query}")
    assert code is None
    check_welcome(frames[0], room)
    shown = frames[0]["you"]["name"]
    check_name(shown, shown)


@steady
@given(
    st.text(min_size=1, max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{1,66}", fullmatch=True), st.booleans()
)
@example("..", True)
@example("a/b", False)
@example("lobby\n", False)
@example("\u017f", False)  # an "s" to who compares without case
@example("\u212a", False)  # a "k"
def test_a_room_is_found_by_a_name_and_by_nothing_else(server: Server, name: str, slash: bool) -> None:
    """1 to 64 of ASCII's letters, digits, `_` and `-`; anything else closes with 4004."""
    assume(name.lower() != "vip")
    valid = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name, re.ASCII) is not None
    assert is_room_name(name) is valid
    code, frames = visit(server, f"/ws/{quote(name, safe='')}{'/' * slash}")
    assert code == (None if valid else 4004)
    for frame in frames[:1]:
        check_welcome(frame, name)


@settings(steady, max_examples=8)  # each costs a hash
@given(words)
@example("secret123\0")
@example(" secret123")
@example("x" * 8000)
def test_no_other_word_opens_a_guarded_room(server: Server, word: str) -> None:
    """Whatever the word is, and wherever else the right one stands, it is 4003, or 4101 if no hash gets its turn."""
    asked = [("Pass", "secret123"), ("pass", "secret123"), ("pass", word)]
    code, frames = visit(server, f"/ws/vip?{urlencode(asked)}")
    assert code in (4003, 4101)
    assert frames == []
