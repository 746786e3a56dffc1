"""Whether nothing was lost: what everybody holds in the end, against each other, the store, and what was said."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.destruction.client import Client
from benchmarks.destruction.transcript import Message

Row = tuple[int, str]  # a message in the store: its number and its text

SHOWN = 3  # of the same kind of failure at one client


def failures(clients: Sequence[Client], newcomers: Sequence[Client], rows: Sequence[Row]) -> list[str]:
    """One sentence for each thing that is not as promised; empty if nothing was lost.

    `newcomers` said nothing and asked for everything; `rows` are all messages in the store, by their numbers.
    """
    found: list[str] = []
    agreed: dict[int, Message] = {}  # what the first client who has this number holds
    for client in (*clients, *newcomers):
        for message in client.transcript.messages:
            agreed.setdefault(message.seq, message)
    for client in (*clients, *newcomers):
        found += _shown(client.name, client.problems)
        found += _shown(client.name, _confirmations(client))
        found += _shown(client.name, _differences(client.transcript.messages, agreed))
    found += _shown("store", _stored(agreed, rows))
    return found + _shown("transcript", _authors(clients, [*agreed.values()]))


def _shown(who: str, problems: Iterable[str]) -> list[str]:
    every = list(problems)
    more = [f"{who}: and {len(every) - SHOWN} more like that"] if len(every) > SHOWN else []
    return [f"{who}: {problem}" for problem in every[:SHOWN]] + more


def _confirmations(client: Client) -> Iterator[str]:
    """What is wrong with what this client was told of its own messages."""
    if client.sayings.pending:
        waiting = {own: saying.attempts for own, saying in client.sayings.pending.items()}
        yield f"no answer to {waiting} (id: attempts)"
    heard = {message.seq: message for message in client.transcript.messages}
    for own, seq in client.sayings.confirmed.items():
        message = heard.get(seq)
        if message is None or (message.sender, message.id) != (client.member, own):
            yield f"message {own} was confirmed as number {seq}, which is {message}"


def _differences(messages: Sequence[Message], agreed: dict[int, Message]) -> Iterator[str]:
    if missing := sorted(agreed.keys() - {message.seq for message in messages}):
        yield f"misses {len(missing)} of {len(agreed)} messages: {missing[:10]}"
    for message in messages:
        if message != agreed[message.seq]:
            yield f"holds {_short(message)}, another one {_short(agreed[message.seq])}"


def _stored(agreed: dict[int, Message], rows: Sequence[Row]) -> Iterator[str]:
    for position, (seq, text) in enumerate(rows, 1):
        if seq != position:
            yield f"its message {position} has the number {seq}"
        if seq not in agreed:
            yield f"nobody heard message {seq}"
        elif agreed[seq].text != text:
            yield f"message {seq} is {text[:40]!r}, and was heard as {agreed[seq].text[:40]!r}"
    if lost := sorted(agreed.keys() - {seq for seq, _ in rows}):
        yield f"has lost {len(lost)} messages: {lost[:10]}"


def _authors(clients: Sequence[Client], messages: Sequence[Message]) -> Iterator[str]:
    """Each message is one that its sender said, once, and did not have refused for good."""
    authors = {client.member: client.sayings for client in clients}
    for (sender, own), times in Counter((message.sender, message.id) for message in messages).items():
        if times > 1:
            yield f"{sender} has {times} messages with the id {own}"
    for message in messages:
        sayings = authors.get(message.sender)
        if sayings is None or message.id is None or sayings.texts.get(message.id) != message.text:
            yield f"nobody said {_short(message)}"
        elif message.id in sayings.given_up:
            yield f"{_short(message)} was refused, never said again, and is there"


def _short(message: Message) -> Message:
    return message._replace(text=message.text[:40])
