"""What one client has heard, checked while it is heard."""

from typing import Any, NamedTuple


class Message(NamedTuple):
    """A `message` frame of a room with history: the fields that must be the same for everybody who hears it."""

    seq: int
    room: str
    sender: str  # the id of the member
    name: str
    guest: bool
    id: str | None  # the sender's own for this message
    text: str
    at: str


Pool = dict[Message, Message]


class Transcript:
    """Every message once, in the order of their numbers, from number 1 on. `problems` says where that was not so.

    Equal messages of all clients with one `pool` are one object: 50 clients would otherwise keep 50 copies. With
    the `epoch` of a room the whole of it is asked for at the first welcome; without, the room must be empty then.
    """

    def __init__(self, pool: Pool, epoch: str | None = None) -> None:
        self.messages: list[Message] = []
        self.problems: list[str] = []
        self.welcomes = self.recovered = 0
        self.epoch = epoch
        self.seq = 0
        self._promised = 0  # the newest number at the last welcome: up to there it is the replay
        self._pool = pool

    @property
    def position(self) -> dict[str, object]:
        """The parameters of a connection that goes on where this transcript ends."""
        if self.epoch is None:
            return {"history": 0}
        return {"since": self.seq, "epoch": self.epoch}

    def welcome(self, frame: dict[str, Any]) -> None:
        """Takes in a `welcome`. Raises KeyError if it has not the fields of a room with history."""
        self.welcomes += 1
        newest, epoch = frame["seq"], frame["epoch"]
        if self.epoch is None:
            self._expect(newest == 0, f"the room was not empty, but at {newest}")
            self.epoch = epoch
        else:
            self.recovered += frame["recovered"] is True
            self._expect(frame["recovered"] is True, f"after {self.seq} it was not recovered")
            self._expect(epoch == self.epoch, f"the epoch changed from {self.epoch} to {epoch}")
            self._expect(newest >= self.seq, f"welcome at {newest}, but {self.seq} was heard before")
        self._promised = newest

    def message(self, frame: dict[str, Any]) -> Message:
        """Takes in a `message`. Raises KeyError if it has not the fields of a room with history."""
        sender = frame["from"]
        message = Message(
            frame["seq"], frame["room"], sender["id"], sender["name"], sender["guest"],
            frame.get("id"), frame["text"], frame["at"],
        )  # fmt: skip
        message = self._pool.setdefault(message, message)
        if message.seq != self.seq + 1:
            known = message in self.messages
            self.problems.append(
                f"{message.seq} of {message.at} came after {self.seq}{', a repeat' if known else ''}"
            )
        if message.seq > self.seq:
            self.messages.append(message)
            self.seq = message.seq
        return message

    def presence(self, kind: str) -> None:
        """Takes in that somebody `joined` or `left`."""
        self._expect(
            self.seq >= self._promised,
            f"{kind} came at {self.seq}, before the replay to {self._promised} was through",
        )

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)
