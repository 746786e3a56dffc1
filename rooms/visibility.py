"""What can be seen of a text: one rule for messages and for names. Pure."""

import re
import unicodedata

MAX_INSPECTED = 65_536  # characters: a closer look at a longer text would cost more than sending it
MAX_NAME = 32  # visible characters
MAX_GIVEN_NAME = 256  # characters: to sort the combining ones takes a square of their number

# White space, controls, default ignorable characters in the sense of Unicode, and letters that are blank.
_UNSEEN = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
_BLANK = re.compile(rf"[{_UNSEEN}]*")

# What forms a character together with its neighbors: many scripts and most emoji need it.
_JOINERS = r"\u200c\u200d"
_SELECTORS = r"\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FLAG_TAGS = (
    r"(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"  # England's, for example
)
_FORMING = re.compile(rf"[{_JOINERS}{_SELECTORS}]|{_FLAG_TAGS}")
_CHARACTER = rf"[^{_UNSEEN}](?:[{_SELECTORS}]|{_FLAG_TAGS})?"
_NAME = re.compile(rf"{_CHARACTER}(?:(?: *|[{_JOINERS}]){_CHARACTER})*")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # of any width, as the ideographic one


def is_blank(text: str) -> bool:
    """Return whether nothing in `text` can be seen. A very long one is blank only if it is white space."""
    return not text.strip() or (len(text) <= MAX_INSPECTED and _BLANK.fullmatch(text) is not None)


def usable_name(text: str | None) -> str | None:
    """Return a name as others see it, or None: 1 to 32 visible characters and spaces in NFC, after trimming.

    `str.isprintable` is false for control, formatting (so bidirectional) and unassigned characters. Joiners and
    variation selectors count as part of the characters that they stand between or behind. Any space is a plain one.
    """
    if not text or len(text) > MAX_GIVEN_NAME:
        return None
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    visible = _FORMING.sub("", name)
    usable = len(visible) <= MAX_NAME and visible.isprintable() and _NAME.fullmatch(name)
    return name if usable else None
