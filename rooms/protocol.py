"""The frames of a room, and how client frames are decoded. Pure: no Django, no I/O.

A new frame is a Struct here and a handler in `consumers.py`.
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from rooms.visibility import MAX_INSPECTED, is_blank

ErrorCode = Literal["bad_frame", "too_long", "rate_limited", "unavailable", "id_used", "forbidden"]
FrameId = Annotated[str, Meta(min_length=1, max_length=64)]


# --- Client to server ------------------------------------------------------------------------------------------


class _Named(Struct, frozen=True, kw_only=True):
    """A frame that may have an id, which comes back with the answer: `given`. It may be absent, but not null."""

    given: FrameId | UnsetType = field(default=UNSET, name="id")

    @property
    def id(self) -> str | None:
        """The sender's id for the frame."""
        return None if self.given is UNSET else self.given


class Say(_Named, frozen=True, tag="say"):
    """A message to the room."""

    text: str


class Delete(_Named, frozen=True, tag="delete"):
    """A request to delete message number `seq`: the sender's own, or for a moderator any."""

    seq: int


class History(Struct, frozen=True, tag="history"):
    """A request for up to `limit` messages older than number `before`."""

    before: Annotated[int, Meta(ge=0)]
    limit: Annotated[int, Meta(ge=1, le=200)]


class Typing(Struct, frozen=True, tag="typing"):
    """The sender is writing."""


class Ping(Struct, frozen=True, tag="ping"):
    """A request for a `pong`."""


ClientFrame = Say | Delete | History | Typing | Ping


# --- Server to client ------------------------------------------------------------------------------------------


class Person(Struct, frozen=True, omit_defaults=True):
    """A member as others see it.

    Connections with one `id` are one member; `guest` is true without a login. A `program` is other code, which posts by
    `rooms.api`: its name is no user's. An `external` member is named by a token.
    """

    id: str
    name: str
    guest: bool
    program: bool = False
    external: bool = False


class Welcome(Struct, frozen=True, tag="welcome"):
    """The first frame: the room, the client's own member, and at most 100 of the members.

    `count` is the number of all members. The last three fields are set in rooms with history: `seq` is the
    number of the newest message, and `recovered` is true if nothing was lost since the client's `since`.
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


class MessageFrame(Struct, frozen=True, tag="message", omit_defaults=True):
    """A message. The sender gets it too, as the confirmation.

    `seq` is its number in a room with history, `id` the sender's id for it. A `deleted` one has no text any more.
    """

    room: str
    sender: Person = field(name="from")
    text: str
    at: str
    id: str | None = None
    seq: int | None = None
    deleted: bool = False


class Said(Struct, frozen=True, tag="said"):
    """The answer to a `say` whose `id` was stored before, as number `seq`."""

    id: str
    seq: int


class Joined(Struct, frozen=True, tag="joined"):
    """Another member came into the room, which has `count` members now."""

    member: Person
    count: int


class Left(Struct, frozen=True, tag="left"):
    """A member left the room, which has `count` members now."""

    member: Person
    count: int


class Count(Struct, frozen=True, tag="count"):
    """The number of members: instead of `joined` and `left` in a room with many."""

    count: int


class Notice(Struct, frozen=True, tag="notice", omit_defaults=True):
    """An announcement by an admin or by other code, numbered like a message in a room with history."""

    text: str
    at: str
    seq: int | None = None


class Deleted(Struct, frozen=True, tag="deleted"):
    """The message `target` was deleted: drop its text. `seq` is the number of this frame."""

    seq: int
    target: int
    by: Literal["author", "moderator"]


class Event(Struct, frozen=True, tag="event"):
    """Data of other code, which the room does not keep."""

    event: str
    data: msgspec.Raw


class IsTyping(Struct, frozen=True, tag="typing"):
    """Another member is writing: shown for a few seconds, or until a message of that member."""

    member: Person


class HistoryPage(Struct, frozen=True, tag="history"):
    """The answer to `history`: numbered frames in ascending order, and whether there are older ones."""

    messages: list[msgspec.Raw]  # each is a `message`, `notice` or `deleted`
    more: bool


class Pong(Struct, frozen=True, tag="pong"):
    """The answer to `ping`."""


class Error(Struct, frozen=True, tag="error", omit_defaults=True):
    """The answer to a frame that had no effect.

    `code` is for programs, `detail` is a sentence for a developer.
    """

    code: ErrorCode
    detail: str
    id: str | None = None


NumberedFrame = MessageFrame | Notice | Deleted
ServerFrame = (
    Welcome | NumberedFrame | Said | Joined | Left | Count | Event | IsTyping | HistoryPage | Pong | Error
)

_encoder = msgspec.json.Encoder()


def encode(frame: ServerFrame) -> str:
    return _encoder.encode(frame).decode()


class StoredMessage(Protocol):
    """What is stored under a number, as its row has it, see `models.Message`."""

    seq: int
    member: str
    name: str
    guest: bool
    program: bool
    external: bool
    kind: str
    target: int | None
    text: str
    at: datetime
    key: str


def stored_frame(room: str, row: StoredMessage) -> NumberedFrame:
    """Return the frame that the room `room` shows `row` as.

    A message without a text was deleted.
    """
    if row.target is not None:
        return Deleted(row.seq, row.target, "author" if row.member else "moderator")
    if row.kind == "notice":
        return Notice(row.text, timestamp(row.at), row.seq)
    person = Person(row.member, row.name, row.guest, row.program, row.external)
    at, client_id = timestamp(row.at), row.key[1:] if row.key.startswith("=") else None
    return MessageFrame(room, person, row.text, at, client_id, row.seq, deleted=not row.text)


_message_decoder = msgspec.json.Decoder(MessageFrame)


def without_text(message: str) -> str:
    """Return the frame that a deleted message is shown as, from the one that it was shown as before."""
    return encode(msgspec.structs.replace(_message_decoder.decode(message), text="", deleted=True))


def timestamp(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_VALID_ID = re.compile(r"[^\ud800-\udfff]{1,64}\Z")


class BadFrame(ValueError):
    """Raised for a frame that cannot be decoded. `frame_id` is its `id`, if that could be read."""

    def __init__(self, detail: str, frame_id: str | None = None) -> None:
        super().__init__(detail)
        self.frame_id = frame_id


class _Identified(Struct):
    id: FrameId | None = None


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_id_decoder = msgspec.json.Decoder(_Identified)


def decode(text: str) -> ClientFrame:
    """Decode a client frame; text without a leading `{` is said as it is. Raises BadFrame."""
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
    # msgspec names the field and what it expected. It may quote the value, which can be long.
    return (
        ascii(str(error)[:200])[1:-1][:200]
        if isinstance(error, msgspec.MsgspecError)
        else "it cannot be read"
    )


def _frame_id(text: str) -> str | None:
    try:
        return _id_decoder.decode(text).id
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _id_of_odd(text) if len(text) <= MAX_INSPECTED else None


def _id_of_odd(text: str) -> str | None:
    """Return the id in a text that only a more lenient JSON parser accepts.

    Such a text has a lone surrogate or a NaN in it.
    """
    try:
        found = json.loads(text).get("id")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) and _VALID_ID.match(found) else None


def _check_text(frame: Say) -> None:
    frame_id = frame.id
    if is_blank(frame.text):
        raise BadFrame("The text is blank.", frame_id)
    if "\0" in frame.text:
        raise BadFrame("The text contains a NUL character.", frame_id)
    if frame_id is not None and "\0" in frame_id:
        raise BadFrame("The id contains a NUL character.", frame_id)
    try:
        frame.text.encode()
    except UnicodeEncodeError:  # from plain text; msgspec and the server refuse one elsewhere
        raise BadFrame("A lone surrogate is not a character.") from None
