"""The check of the destruction run finds each kind of loss."""

import pytest

from benchmarks.destruction.check import failures
from benchmarks.destruction.record import Frame, Record


def message(seq, sender, own, **changes):
    """A frame of the server."""
    text = f"{sender} says {own} "
    return {"seq": seq, "from": {"id": f"id-of-{sender}"}, "id": own, "text": text} | changes


def welcome(name, seq=0, epoch="e", recovered=False):
    """A frame of the server."""
    return {"seq": seq, "epoch": epoch, "recovered": recovered, "you": {"id": f"id-of-{name}"}}


SENT = [message(1, "ann", "1"), message(2, "bob", "1"), message(3, "ann", "2")]


class Run:
    """Ann has sent two messages and Bob one; neither has received any yet."""

    def __init__(self):
        self.messages: dict[int, Frame] = {}
        self.rows = SENT
        self.ann, self.bob = (Record(name, self.messages, gives_up=True) for name in ("ann", "bob"))
        for record, count in ((self.ann, 2), (self.bob, 1)):
            record.welcome(welcome(record.name))
            for _ in range(count):
                record.attempt(record.new_message(0))

    def receive(self, frames, *records):
        """The frames arrive, at both clients if none is named."""
        for record in records or (self.ann, self.bob):
            for frame in frames:
                record.message(frame)

    @property
    def failures(self):
        """All failures in one text."""
        rows = [(frame["seq"], frame["text"]) for frame in self.rows]
        return "\n".join(failures([self.ann, self.bob], self.messages, rows))


@pytest.fixture
def run():
    return Run()


def test_everything_in_order_is_no_failure(run):
    run.receive(SENT)
    assert run.failures == ""


@pytest.mark.parametrize(
    ("frames", "failure"),
    [
        ([SENT[0], SENT[2]], "bob: 3 came after 1"),
        ([SENT[0], SENT[0], *SENT[1:]], "bob: 1 came after 1"),
        (SENT[:2], "bob: has received 2 of 3 messages"),
        ([*SENT[:2], message(3, "ann", "2", text="else")], "bob: received {'seq': 3, "),
    ],
    ids=["gap", "repeat", "end", "text"],
)
def test_a_client_that_receives_something_else_is_found(run, frames, failure):
    run.receive(SENT, run.ann)
    run.receive(frames, run.bob)
    assert failure in run.failures


@pytest.mark.parametrize(
    ("rows", "failure"),
    [
        (SENT[:2], "store: has lost 1 messages: [3]"),
        ([*SENT[:2], message(3, "ann", "2", text="else")], "store: message 3 is 'else'"),
        ([*SENT, message(4, "bob", "2")], "store: no one received message 4"),
    ],
    ids=["lost", "text", "unsent"],
)
def test_a_store_that_has_something_else_is_found(run, rows, failure):
    run.receive(SENT)
    run.rows = rows
    assert failure in run.failures


def test_a_message_without_an_answer_is_found(run):
    run.receive(SENT[:2])
    assert "ann: no answer to {'2': 1}" in run.failures


def test_a_confirmation_without_a_message_is_found(run):
    run.ann.confirm("2", 9)
    run.receive(SENT[:2])
    assert "ann: message 2 was confirmed as number 9, which is None" in run.failures


def test_a_message_that_was_stored_twice_is_found(run):
    run.receive([*SENT, message(4, "ann", "2")])
    assert "id-of-ann has 2 messages with the id 2" in run.failures


def test_a_refused_message_that_was_stored_is_found(run):
    run.ann.refuse("2")
    run.receive(SENT)
    assert "'ann says 2 ' was refused, not sent again, and is there" in run.failures


def test_a_message_that_no_one_sent_is_found(run):
    run.receive([*SENT, message(4, "joe", "1")])
    assert "no one sent 'joe says 1 '" in run.failures


def test_a_reconnect_that_loses_something_is_found(run):
    run.receive(SENT)
    run.ann.welcome(welcome("ann", seq=2, epoch="f"))
    for problem in (
        "after 3 it was not recovered",
        "epoch changed from e to f",
        "welcome at 2 after message 3",
    ):
        assert problem in run.failures


def test_presence_within_the_replay_is_found(run):
    run.bob.welcome(welcome("bob", seq=3, recovered=True))
    run.receive(SENT[:2])
    run.bob.presence("joined")
    assert "bob: joined came at 2, before the end of the replay at 3" in run.failures
