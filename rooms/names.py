"""What a room may be called, and what its group in the channel layer is called."""

import hashlib
import re

# ASCII only: `re.ASCII` matters for IGNORECASE, and `\Z` where `$` would let a line live_room through.
PATTERN = r"[A-Za-z0-9_-]{1,64}"
_NAME = re.compile(PATTERN + r"\Z", re.ASCII)


def is_room_name(text: str) -> bool:
    """Whether `text` is 1 to 64 of A-Z a-z 0-9 _ -."""
    return _NAME.match(text) is not None


def room_key(name: str) -> str:
    """The name as it is compared: without case."""
    return name.lower()


def room_group(name: str) -> str:
    """The channel layer's group of a room. Never the name itself, which a stranger chose."""
    return "rooms." + hashlib.blake2b(room_key(name).encode(), digest_size=16).hexdigest()
