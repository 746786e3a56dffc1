"""What a client sent, as a frame. msgspec decodes JSON and checks its types in one step. No Django, no I/O."""

import json
import re

import msgspec
from msgspec import Struct

from rooms.protocol import ClientFrame, FrameId, Say

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
