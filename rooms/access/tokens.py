"""Connection tokens: other code names somebody who may connect, to some rooms and for some time."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core import signing

from rooms.identity import Visitor
from rooms.names import is_room_name, room_key
from rooms.visibility import usable_name

SALT = "rooms.connection_token"


def connection_token(
    user_id: str | int, *, name: str, rooms: str | Collection[str], expires: float | timedelta | datetime
) -> str:
    """Return a token for `/ws/<room>?token=…`, with which one is the member `token:<user_id>`, shown as `name`.

    It is valid for `rooms` alone, and opens no password, group or closed room. At its end, in `expires` seconds or at
    an aware datetime, the connection ends too. Raises ValueError for a name that cannot be used.
    """
    rooms = [rooms] if isinstance(rooms, str) else rooms
    if not rooms or not all(map(is_room_name, rooms)):
        raise ValueError("rooms must be one or several names of rooms")
    if usable_name(name) is None or user_id in ("", None):  # as of Django's AnonymousUser
        raise ValueError("user_id must not be empty, and name must be 1 to 32 visible characters")
    expires = expires.total_seconds() if isinstance(expires, timedelta) else expires
    until = expires.timestamp() if isinstance(expires, datetime) else time.time() + expires
    return signing.dumps([str(user_id), usable_name(name), [*map(room_key, rooms)], until], salt=SALT)


def read_token(token: str, room: str) -> tuple[Visitor, float] | None:
    """Return whom a token names, and its end as Unix time; None unless it is valid for the room of this key."""
    try:
        user_id, name, rooms, until = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return (Visitor(name, user_id, external=True), until) if room in rooms and time.time() < until else None
