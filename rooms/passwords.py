"""Who may enter a guarded room: by its password, or by a session that was let in with it before."""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
HASHING_SECONDS = 2.5  # how long somebody waits for their turn; all of `connect()` has 3
_hashing = per_loop(lambda: asyncio.Semaphore(HASHES_AT_ONCE))

# When a network comes back everybody in a room does: one hash is enough to know a password that was right. Kept are
# keyed digests that include the room's own hash, so a change of the password makes them worthless; the key is of this
# process alone.
MOST_KNOWN = 1000
_known_key = secrets.token_bytes(32)
_known: OrderedDict[bytes, None] = OrderedDict()

ADMISSION_SECONDS = 12 * 3600
_SESSION_KEY = "rooms.admissions"  # in the session: room key -> [fingerprint, Unix time]

wrong_passwords = Tally(settings.ROOMS_PASSWORD_ATTEMPTS)


def matches(raw: str | None, encoded: str) -> bool:
    """Whether `raw` is the password that `encoded` is the hash of.

    A NUL is never part of one: HMAC pads its key with NULs, so `secret\\0` would hash like `secret`.
    """
    return raw is not None and "\0" not in raw and check_password(raw, encoded)


async def verify(room: "Room", raw: str | None, address: str | None) -> None:
    """Returns if `raw` opens `room`; raises Refused: FORBIDDEN, or RATE_LIMITED after too many wrong ones, or when
    so many wait for a hash that this one's turn does not come in time.

    Wrong passwords count per address and room; a missing one is neither counted nor hashed. `address` is None for a
    caller inside the process, who is not counted. The event loop goes on meanwhile: the hash is computed in a thread
    of its own, not in the one that all database work shares.
    """
    if not room.guarded:
        return
    if not raw:
        raise Refused(CloseCode.FORBIDDEN)
    key = None if address is None else (address, room_key(room.name))
    digest = _digest(room, raw)
    if digest in _known and not (key is not None and wrong_passwords.exhausted(key)):
        return
    async with _turn_to_hash():
        # Asked in here, so that guesses which arrive together are counted before the next one is hashed.
        if key is not None and wrong_passwords.exhausted(key):
            raise Refused(CloseCode.RATE_LIMITED)
        right = digest in _known or await sync_to_async(matches, thread_sensitive=False)(raw, room.password)
    if right:
        _remember(digest)
        return
    if key is not None:
        wrong_passwords.count(key)
    raise Refused(CloseCode.FORBIDDEN)


@asynccontextmanager
async def _turn_to_hash() -> AsyncIterator[None]:
    hashing = _hashing()
    try:
        async with asyncio.timeout(HASHING_SECONDS):
            await hashing.acquire()
    except TimeoutError:
        raise Refused(CloseCode.RATE_LIMITED) from None
    try:
        yield
    finally:
        hashing.release()


def _digest(room: "Room", raw: str) -> bytes:
    value = f"{room.pk}:{room.password}:{raw}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(value, key=_known_key, digest_size=32).digest()


def _remember(digest: bytes) -> None:
    _known[digest] = None
    _known.move_to_end(digest)
    if len(_known) > MOST_KNOWN:
        _known.popitem(last=False)


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
