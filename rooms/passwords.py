"""Who may enter a guarded room: by its password, or by a session that was let in with it before."""

import asyncio
import time
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare, salted_hmac

from rooms.names import room_key
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.errors import Refused
from rtproject.websocket.loops import per_loop
from rtproject.websocket.rates import Tally

if TYPE_CHECKING:
    from rooms.models import Room

# A hash takes 0.2 s of CPU and releases the GIL. Two at a time leave the event loop its share of two cores.
HASHES_AT_ONCE = 2
_hashing = per_loop(lambda: asyncio.Semaphore(HASHES_AT_ONCE))

ADMISSION_SECONDS = 12 * 3600
_SESSION_KEY = "rooms.admissions"  # in the session: room key -> [fingerprint, Unix time]

wrong_passwords = Tally(settings.ROOMS_PASSWORD_ATTEMPTS)


def matches(raw: str | None, encoded: str) -> bool:
    """Whether `raw` is the password that `encoded` is the hash of.

    A NUL is never part of one: HMAC pads its key with NULs, so `secret\\0` would hash like `secret`.
    """
    return raw is not None and "\0" not in raw and check_password(raw, encoded)


async def verify(room: "Room", raw: str | None, address: str | None) -> None:
    """Returns if `raw` opens `room`; raises Refused: FORBIDDEN, or RATE_LIMITED after too many wrong ones.

    Wrong passwords count per address and room; a missing one is neither counted nor hashed. `address` is None for a
    caller inside the process, who is not counted. The event loop goes on meanwhile: the hash is computed in a thread
    of its own, not in the one that all database work shares.
    """
    if not room.guarded:
        return
    if not raw:
        raise Refused(CloseCode.FORBIDDEN)
    key = (address, room_key(room.name))
    async with _hashing():
        # Asked in here, so that guesses which arrive together are counted before the next one is hashed.
        if address is not None and wrong_passwords.exhausted(key):
            raise Refused(CloseCode.RATE_LIMITED)
        right = await sync_to_async(matches, thread_sensitive=False)(raw, room.password)
    if not right:
        if address is not None:
            wrong_passwords.count(key)
        raise Refused(CloseCode.FORBIDDEN)


def admit(session: SessionBase, room: "Room") -> None:
    """Remembers in the session that its owner knew the room's password. The session gets a new key."""
    admissions = session.get(_SESSION_KEY, {})
    admissions[room_key(room.name)] = [_fingerprint(room), time.time()]
    session.cycle_key()
    session[_SESSION_KEY] = admissions


def is_admitted(session: SessionBase | None, room: "Room") -> bool:
    """Whether the session's owner knew the password that the room has now, at most 12 hours ago."""
    if session is None:
        return False
    fingerprint, since = session.get(_SESSION_KEY, {}).get(room_key(room.name), ("", 0))
    return time.time() - since < ADMISSION_SECONDS and constant_time_compare(fingerprint, _fingerprint(room))


def _fingerprint(room: "Room") -> str:
    """Changes with the password, and tells nothing about it or its hash to who can read the session."""
    return salted_hmac("rooms.admission", f"{room.pk}:{room.password}", algorithm="sha256").hexdigest()
