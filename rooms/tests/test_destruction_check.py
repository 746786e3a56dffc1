"""The proof by destruction would notice if something were lost."""

import pytest

from benchmarks.destruction.check import failures
from benchmarks.destruction.client import Client
from benchmarks.destruction.venue import News, Venue

ROWS = [(1, "ann says 1 "), (2, "bob says 1 "), (3, "ann says 2 ")]


def message(seq, sender, own, text):
    """A frame of the server's."""
    person = {"id": f"id-of-{sender}", "name": sender, "guest": True}
    at = f"2026-01-31T12:00:00.00{seq}Z"
    return {"type": "message", "room": "r", "seq": seq, "from": person, "id": own, "text": text, "at": at}


FRAMES = [
    message(1, "ann", "1", "ann says 1 "),
    message(2, "bob", "1", "bob says 1 "),
    message(3, "ann", "2", "ann says 2 "),
]


@pytest.fixture
def clients():
    """Ann said two messages and Bob one; both were welcomed and have heard nothing yet."""
    venue = Venue("r", [], {}, News())
    made = [Client(name, venue, 1, gives_up=True) for name in ("ann", "bob")]
    for client, said in zip(made, (2, 1), strict=True):
        client.member = f"id-of-{client.name}"
        client.transcript.welcome({"seq": 0, "epoch": "e", "recovered": False})
        for _ in range(said):
            client.sayings.frame(client.sayings.new(0), 0.0)
    return made


def hear(client, *frames):
    """The frames arrive, and confirm what is the client's own."""
    for frame in frames:
        heard = client.transcript.message(frame)
        if heard.sender == client.member:
            client.sayings.confirm(heard.id, heard.seq, 1.0)


def test_everything_in_order_is_no_failure(clients):
    """Also with a newcomer who has said nothing."""
    newcomer = Client("eve", Venue("r", [], {}, News()), 1, epoch="e")
    newcomer.transcript.welcome({"seq": 3, "epoch": "e", "recovered": True})
    for client in (*clients, newcomer):
        hear(client, *FRAMES)
    assert failures(clients, [newcomer], ROWS) == []


WRONG = {
    "hole": ([FRAMES[0], FRAMES[2]], "bob: 3 of 2026-01-31T12:00:00.003Z came after 1"),
    "repeat": (
        [FRAMES[0], FRAMES[0], *FRAMES[1:]],
        "bob: 1 of 2026-01-31T12:00:00.001Z came after 1, a repeat",
    ),
    "order": ([FRAMES[1], FRAMES[0], FRAMES[2]], "bob: 2 of 2026-01-31T12:00:00.002Z came after 0"),
    "end": (FRAMES[:2], "bob: misses 1 of 3 messages: [3]"),
    "other text": ([*FRAMES[:2], message(3, "ann", "2", "else")], "bob: holds Message(seq=3, "),
    "other sender": ([message(1, "eve", "1", "ann says 1 "), *FRAMES[1:]], "bob: holds Message(seq=1, "),
}


@pytest.mark.parametrize(("frames", "failure"), WRONG.values(), ids=WRONG.keys())
def test_a_transcript_that_differs_is_found(clients, frames, failure):
    """Whatever it is that one client heard otherwise than the rest."""
    ann, bob = clients
    hear(ann, *FRAMES)
    hear(bob, *frames)
    assert any(found.startswith(failure) for found in failures(clients, [], ROWS))


def found_after(clients, frames, rows=None):
    """The failures after everybody has heard these."""
    for client in clients:
        hear(client, *frames)
    stored = [(frame["seq"], frame["text"]) for frame in frames] if rows is None else rows
    return "\n".join(failures(clients, [], stored))


def test_what_everybody_misses_is_found(clients):
    """By the store, and by whoever waits for an answer."""
    found = found_after(clients, FRAMES[:2], ROWS)
    assert "store: nobody heard message 3" in found
    assert "ann: no answer to {'2': 1}" in found


STORES = {
    "lost": (ROWS[:2], "store: has lost 1 messages: [3]"),
    "hole": ([ROWS[0], ROWS[2]], "store: its message 2 has the number 3"),
    "changed": ([*ROWS[:2], (3, "else")], "store: message 3 is 'else', and was heard as 'ann says 2 '"),
}


@pytest.mark.parametrize(("rows", "failure"), STORES.values(), ids=STORES.keys())
def test_a_store_that_differs_is_found(clients, rows, failure):
    """From what everybody heard."""
    assert failure in found_after(clients, FRAMES, rows)


def test_a_confirmation_without_a_message_is_found(clients):
    """The store has it no more, and nobody heard it."""
    ann, _ = clients
    ann.sayings.confirm("2", 3, 1.0)
    assert "ann: message 2 was confirmed as number 3, which is None" in found_after(clients, FRAMES[:2])


def test_two_confirmations_have_one_number(clients):
    """`said` after the message itself."""
    ann, _ = clients
    ann.sayings.confirm("2", 4, 1.0)
    assert "ann: message 2 was number 4 first and 3 then" in found_after(clients, FRAMES)


def test_a_message_that_was_stored_twice_is_found(clients):
    """Both times under its id."""
    twice = found_after(clients, [*FRAMES, message(4, "ann", "2", "ann says 2 ")])
    assert "id-of-ann has 2 messages with the id 2" in twice


def test_a_refused_message_that_was_stored_is_found(clients):
    """Its sender was told that it had no effect, and never said it again."""
    ann, _ = clients
    assert ann.sayings.refuse("2", 1.0) is False
    assert "was refused, never said again, and is there" in found_after(clients, FRAMES)


def test_a_message_that_nobody_said_is_found(clients):
    """Whoever it is said to be from."""
    for invented in (
        message(4, "ann", "9", "hi"),
        message(4, "eve", "1", "hi"),
        message(4, "ann", None, "hi"),
    ):
        assert "nobody said" in found_after(clients, [*FRAMES, invented])


def test_what_was_said_more_than_once_is_never_given_up(clients):
    """An earlier attempt may have been stored without an answer."""
    ann, _ = clients
    ann.sayings.frame("2", 1.0)
    assert ann.sayings.refuse("2", 1.0) is True
    assert "2" in ann.sayings.pending


RESUMED = {
    "lost": ({"seq": 3, "epoch": "e", "recovered": False}, "after 3 it was not recovered"),
    "epoch": ({"seq": 3, "epoch": "f", "recovered": True}, "the epoch changed from e to f"),
    "back": ({"seq": 2, "epoch": "e", "recovered": True}, "welcome at 2, but 3 was heard before"),
}


@pytest.mark.parametrize(("frame", "problem"), RESUMED.values(), ids=RESUMED.keys())
def test_a_welcome_that_loses_something_is_found(clients, frame, problem):
    """It was asked for what came after number 3 of epoch e."""
    ann, _ = clients
    hear(ann, *FRAMES)
    assert ann.transcript.position == {"since": 3, "epoch": "e"}
    ann.transcript.welcome(frame)
    assert ann.problems == [problem]


def test_presence_within_the_replay_is_found(clients):
    """Who comes and goes is told when the replay is through."""
    ann, _ = clients
    ann.transcript.welcome({"seq": 3, "epoch": "e", "recovered": True})
    hear(ann, *FRAMES[:2])
    ann.transcript.presence("joined")
    hear(ann, FRAMES[2])
    ann.transcript.presence("left")
    assert ann.problems == ["joined came at 2, before the replay to 3 was through"]
