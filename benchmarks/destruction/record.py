"""The messages that one client has sent and received, checked as they arrive."""

from typing import Any

Frame = dict[str, Any]


class Record:
    """A client's view of the room; `problems` are the promises that the server broke.

    `messages` are the frames that any client received, by their numbers: all must receive the same. With the `epoch`
    of a room its whole history is asked for at first; without it the room must be empty then. With `gives_up` a
    message that the server could not store is not sent again, and no one may ever receive it.
    """

    def __init__(
        self, name: str, messages: dict[int, Frame], epoch: str | None = None, gives_up: bool = False
    ) -> None:
        self.name = name
        self.problems: list[str] = []
        self.welcomes = self.recovered = 0
        self.member: str | None = None  # the client's own id in the room
        self.epoch = epoch
        self.seq = 0  # of the newest message
        self.texts: dict[str, str] = {}  # of its own messages, by their ids, which other clients use as well
        self.pending: dict[str, int] = {}  # the attempts to send a message that is not confirmed
        self.confirmed: dict[str, int] = {}  # the numbers
        self.given_up: set[str] = set()
        self._messages, self._gives_up = messages, gives_up
        self._replayed_to = 0  # the newest number at the last welcome

    @property
    def position(self) -> dict[str, object]:
        """The parameters of a connection that goes on after the newest message."""
        if self.epoch is None:
            return {"history": 0}
        return {"since": self.seq, "epoch": self.epoch}

    def new_message(self, length: int) -> str:
        """Make a message of at least `length` characters. Returns its id."""
        own = str(len(self.texts) + 1)
        self.texts[own] = f"{self.name} says {own} ".ljust(length, "ø")
        self.pending[own] = 0
        return own

    def attempt(self, own: str) -> Frame:
        """The frame of another attempt to send a message."""
        self.pending[own] += 1
        return {"type": "say", "id": own, "text": self.texts[own]}

    def confirm(self, own: str, seq: int) -> None:
        """Note that a message has the number `seq`."""
        known = self.confirmed.setdefault(own, seq)
        self._expect(known == seq, f"message {own} was number {known} first and {seq} then")
        self._expect(own not in self.given_up, f"message {own} became number {seq} after it was refused")
        self.pending.pop(own, None)

    def refuse(self, own: str) -> bool:
        """Note that the server could not store a message. Returns whether to send it again later.

        After several attempts it is never given up: an earlier one may have been stored without an answer.
        """
        if self._gives_up and self.pending.get(own) == 1:
            self.given_up.add(own)
            del self.pending[own]
        return own in self.pending

    def welcome(self, frame: Frame) -> None:
        """Check a `welcome` frame."""
        self.welcomes += 1
        newest, epoch, member = frame["seq"], frame["epoch"], frame["you"]["id"]
        if self.epoch is None:
            self._expect(newest == 0, f"the room was not empty, but at {newest}")
            self.epoch = epoch
        else:
            self.recovered += frame["recovered"] is True
            self._expect(frame["recovered"] is True, f"after {self.seq} it was not recovered")
            self._expect(epoch == self.epoch, f"the epoch changed from {self.epoch} to {epoch}")
            self._expect(newest >= self.seq, f"welcome at {newest} after message {self.seq}")
        self._expect(self.member in (None, member), f"was {self.member} before and is {member} now")
        self.member = member
        self._replayed_to = newest

    def message(self, frame: Frame) -> None:
        """Check a `message` frame, which confirms a message of the client's own."""
        seq, known = frame["seq"], self._messages.setdefault(frame["seq"], frame)
        self._expect(seq == self.seq + 1, f"{seq} came after {self.seq}")
        self._expect(frame == known, f"received {frame}, another client {known}")
        self.seq = max(self.seq, seq)
        if frame["from"]["id"] == self.member:
            self.confirm(frame["id"], seq)

    def presence(self, kind: str) -> None:
        """Check that a `joined` or `left` frame does not come within the replay."""
        in_time = self.seq >= self._replayed_to
        self._expect(
            in_time, f"{kind} came at {self.seq}, before the end of the replay at {self._replayed_to}"
        )

    def _expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)
