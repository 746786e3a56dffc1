"""What one client says, until it is confirmed."""

import itertools
from dataclasses import dataclass


@dataclass(slots=True)
class Saying:
    """A message that waits for its confirmation. `attempts` counts how often it was sent, or a part of it."""

    text: str
    attempts: int = 0
    asked_at: float | None = None  # the loop's time of the last attempt on the current connection


class Sayings:
    """The messages of one client by the id that it gave them.

    The ids are the same ones for every client, as they may be: another member's equal id is another message. With
    `gives_up` a message that the server could not take is not said again: then nobody may ever have seen it.
    """

    def __init__(self, name: str, gives_up: bool) -> None:
        self.texts: dict[str, str] = {}  # everything that was ever said
        self.pending: dict[str, Saying] = {}
        self.confirmed: dict[str, int] = {}  # as which number
        self.given_up: set[str] = set()
        self.problems: list[str] = []
        self.longest = 0.0  # seconds from an attempt to its answer on the same connection
        self._name = name
        self._gives_up = gives_up
        self._numbers = itertools.count(1)

    def new(self, length: int) -> str:
        """Thinks of a new message of at least `length` characters. Returns its id."""
        own = str(next(self._numbers))
        text = f"{self._name} says {own} ".ljust(length, "ø")
        self.texts[own] = text
        self.pending[own] = Saying(text)
        return own

    def frame(self, id: str, now: float) -> dict[str, str]:
        """The frame that says it (again)."""
        saying = self.pending[id]
        saying.attempts += 1
        saying.asked_at = now
        return {"type": "say", "id": id, "text": saying.text}

    def confirm(self, id: str, seq: int, now: float) -> None:
        """Our own message came back, or `said`: it is number `seq`."""
        known = self.confirmed.setdefault(id, seq)
        if known != seq:
            self.problems.append(f"message {id} was number {known} first and {seq} then")
        if id in self.given_up:
            self.problems.append(f"message {id} became number {seq}, but had been refused for good")
        if saying := self.pending.pop(id, None):
            self._answered(saying, now)

    def refuse(self, id: str, now: float) -> bool:
        """The server could not take it. Returns whether it is to be said again later.

        One that was sent more than once is never given up: an earlier attempt may have been stored without our
        hearing of it, and only the last one had no effect.
        """
        saying = self.pending.get(id)
        if saying is None:
            return False
        self._answered(saying, now)
        if self._gives_up and saying.attempts == 1:
            self.given_up.add(id)
            del self.pending[id]
            return False
        return True

    def disconnected(self) -> None:
        """No answer comes any more to what was asked until now."""
        for saying in self.pending.values():
            saying.asked_at = None

    def _answered(self, saying: Saying, now: float) -> None:
        if saying.asked_at is not None:
            self.longest = max(self.longest, now - saying.asked_at)
            saying.asked_at = None
