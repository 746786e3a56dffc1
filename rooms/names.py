"""Names of rooms, and of their groups in the channel layer."""

import hashlib
import re

# ASCII only: `re.ASCII` matters for IGNORECASE, and `\Z` where `$` would let a line feed through.
PATTERN = r"[A-Za-z0-9_-]{1,64}"
_NAME = re.compile(PATTERN + r"\Z", re.ASCII)


def is_room_name(text: str) -> bool:
    return _NAME.match(text) is not None


def room_key(name: str) -> str:
    """Return the name as it is compared: without case."""
    return name.lower()


def room_group(name: str) -> str:
    """Return the group of a room in the channel layer, never the name, which is user input."""
    return "rooms." + hashlib.blake2b(room_key(name).encode(), digest_size=16).hexdigest()
