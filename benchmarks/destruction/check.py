"""The check for losses: compares the clients' messages with each other and with the store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.destruction.record import Frame, Record

Row = tuple[int, str]  # a message in the store: its number and its text

SHOWN = 3  # failures of a kind at one client


def failures(records: Sequence[Record], messages: Mapping[int, Frame], rows: Sequence[Row]) -> list[str]:
    """One sentence for each broken promise; empty if nothing was lost.

    `messages` are those that any client received, `rows` those in the store, both by their numbers.
    """
    found: list[str] = []
    for record in records:
        found += _shown(record.name, record.problems)
        found += _shown(record.name, _unfinished(record, messages))
    found += _shown("store", _stored(messages, rows))
    return found + _shown("messages", _senders(records, messages))


def _shown(where: str, problems: Iterable[str]) -> list[str]:
    every = list(problems)
    more = [f"{where}: and {len(every) - SHOWN} more like that"] if len(every) > SHOWN else []
    return [f"{where}: {problem}" for problem in every[:SHOWN]] + more


def _unfinished(record: Record, messages: Mapping[int, Frame]) -> Iterator[str]:
    """Messages that a client did not receive, and its own ones without a right confirmation."""
    if record.seq < (newest := max(messages, default=0)):
        yield f"has received {record.seq} of {newest} messages"
    if record.pending:
        yield f"no answer to {record.pending} (id: attempts)"
    for own, seq in record.confirmed.items():
        message = messages.get(seq)
        if message is None or (message["from"]["id"], message.get("id")) != (record.member, own):
            yield f"message {own} was confirmed as number {seq}, which is {message}"


def _stored(messages: Mapping[int, Frame], rows: Sequence[Row]) -> Iterator[str]:
    for position, (seq, text) in enumerate(rows, 1):
        if seq != position:
            yield f"its message {position} has the number {seq}"
        if seq not in messages:
            yield f"no one received message {seq}"
        elif messages[seq]["text"] != text:
            yield f"message {seq} is {text!r}, but was received as {messages[seq]['text']!r}"
    if lost := sorted(messages.keys() - {seq for seq, _ in rows}):
        yield f"has lost {len(lost)} messages: {lost[:10]}"


def _senders(records: Sequence[Record], messages: Mapping[int, Frame]) -> Iterator[str]:
    """Messages that were stored twice, that no one sent, or that were refused for good."""
    senders = {record.member: record for record in records}
    sent = [(message["from"]["id"], message.get("id"), message["text"]) for message in messages.values()]
    for (sender, own), times in Counter((sender, own) for sender, own, _ in sent).items():
        if times > 1:
            yield f"{sender} has {times} messages with the id {own}"
    for sender, own, text in sent:
        record = senders.get(sender)
        if record is None or own is None or record.texts.get(own) != text:
            yield f"no one sent {text[:40]!r} with the id {own} as {sender}"
        elif own in record.given_up:
            yield f"{text[:40]!r} was refused, not sent again, and is there"
