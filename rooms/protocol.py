"""The frames of a room: what a client may say and what it hears, as typed structures. No Django, no I/O.

A new frame is a Struct here and a handler in `consumers.py`. `decoding.py` reads what clients send.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

ErrorCode = Literal["bad_frame", "too_long", "rate_limited", "unavailable", "id_used"]
FrameId = Annotated[str, Meta(min_length=1, max_length=64)]


# --- Client to server ------------------------------------------------------------------------------------------


class Say(Struct, frozen=True, tag="say"):
    """Says `text` to the room. `given` is the sender's own name for it, `id` on the wire: null is none of these."""

    text: str
    given: FrameId | UnsetType = field(default=UNSET, name="id")

    @property
    def id(self) -> str | None:
        """What the sender called it, which comes back with the message."""
        return None if self.given is UNSET else self.given


class History(Struct, frozen=True, tag="history"):
    """Asks for up to `limit` messages older than number `before`."""

    before: Annotated[int, Meta(ge=0)]
    limit: Annotated[int, Meta(ge=1, le=200)]


class Ping(Struct, frozen=True, tag="ping"):
    """Asks for a `pong`."""


ClientFrame = Say | History | Ping


# --- Server to client ------------------------------------------------------------------------------------------


class Person(Struct, frozen=True):
    """Somebody in a room. `id` is the same for all connections of one member; `guest` is true without a login."""

    id: str
    name: str
    guest: bool


class Welcome(Struct, frozen=True, tag="welcome"):
    """The first frame, once: where the client is, who it is there, and with whom (at most 100 of `count` members).

    The rest is said in rooms with history: `seq` is the number of the newest message, and `recovered` is true if
    nothing was lost since the `since` that the client gave.
    """

    room: str
    title: str
    you: Person
    members: list[Person]
    count: int
    history: bool
    epoch: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    recovered: bool | UnsetType = UNSET


class Message(Struct, frozen=True, tag="message", omit_defaults=True):
    """What somebody said. The sender gets it too: that is its confirmation.

    `seq` is its number in a room with history, `id` what its sender called it.
    """

    room: str
    sender: Person = field(name="from")
    text: str
    at: str
    id: str | None = None
    seq: int | None = None


class Said(Struct, frozen=True, tag="said"):
    """What you said under this `id` was stored before, as number `seq`."""

    id: str
    seq: int


class Joined(Struct, frozen=True, tag="joined"):
    """Somebody else came into the room. `count` is how many members there are now."""

    member: Person
    count: int


class Left(Struct, frozen=True, tag="left"):
    """A member is gone."""

    member: Person
    count: int


class Count(Struct, frozen=True, tag="count"):
    """How many members there are: instead of the two above in a room with many."""

    count: int


class Notice(Struct, frozen=True, tag="notice"):
    """An announcement by an admin."""

    text: str


class HistoryPage(Struct, frozen=True, tag="history"):
    """The answer to `history`: messages in ascending order, and whether there are older ones."""

    messages: list[msgspec.Raw]  # each is a `message`
    more: bool


class Pong(Struct, frozen=True, tag="pong"):
    """The answer to `ping`."""


class Error(Struct, frozen=True, tag="error", omit_defaults=True):
    """A frame had no effect. `code` is for programs, `detail` a sentence for a developer."""

    code: ErrorCode
    detail: str
    id: str | None = None


ServerFrame = Welcome | Message | Said | Joined | Left | Count | Notice | HistoryPage | Pong | Error

_encoder = msgspec.json.Encoder()


def encode(frame: ServerFrame) -> str:
    """The frame as JSON text."""
    return _encoder.encode(frame).decode()


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
