"""The frames of a room, and reading what a client sends. No Django, no I/O."""

import json
import re
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


MOST_LOOKED_AT = 65_536  # characters: looking closely must not be worth anybody's while
# White space, controls, what Unicode calls default ignorable, and the letters that are blank.
_UNSEEN = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]*"
)
_SOUND_ID = re.compile(r"[^\ud800-\udfff]{1,64}\Z")


class BadFrame(ValueError):
    """A frame that cannot be read. `frame_id` is its `id`, if that much of it could be."""

    def __init__(self, detail: str, frame_id: str | None = None) -> None:
        super().__init__(detail)
        self.frame_id = frame_id


class _Identified(Struct):
    id: FrameId | None = None


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_id_decoder = msgspec.json.Decoder(_Identified)


def decode(text: str) -> ClientFrame:
    """The frame that `text` is. Text that does not begin with `{` is said as it is. Raises BadFrame."""
    frame = _decode_json(text) if text.startswith("{") else Say(text)
    if isinstance(frame, Say):
        _check_text(frame)
    return frame


def _decode_json(text: str) -> ClientFrame:
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadFrame(f"This is not a frame of this protocol: {_reason(error)}.", _frame_id(text)) from None


def _reason(error: Exception) -> str:
    # msgspec names the field and what was expected of it. It may quote what stood there, which can be long.
    return (
        ascii(str(error)[:200])[1:-1][:200]
        if isinstance(error, msgspec.MsgspecError)
        else "it cannot be read"
    )


def _frame_id(text: str) -> str | None:
    try:
        return _id_decoder.decode(text).id
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _id_of_odd(text) if len(text) <= MOST_LOOKED_AT else None


def _id_of_odd(text: str) -> str | None:
    """The id of what other readers take for JSON, with a lone surrogate in it or a NaN."""
    try:
        found = json.loads(text).get("id")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) and _SOUND_ID.match(found) else None


def _check_text(frame: Say) -> None:
    if _is_blank(frame.text):
        raise BadFrame("The text is blank.", frame.id)
    if "\0" in frame.text:
        raise BadFrame("The text contains a NUL character.", frame.id)
    if frame.id is not None and "\0" in frame.id:
        raise BadFrame("The id contains a NUL character.", frame.id)
    try:
        frame.text.encode()
    except UnicodeEncodeError:  # msgspec refuses one in JSON, a server one on the wire
        raise BadFrame("A lone surrogate is not a character.") from None


def _is_blank(text: str) -> bool:
    """Whether there is nothing to see. Of a very long text, whether it is white space."""
    return not text.strip() or (len(text) <= MOST_LOOKED_AT and _UNSEEN.fullmatch(text) is not None)
