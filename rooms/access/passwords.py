"""Admission to a guarded room: by its password, or by a session that gave it before."""

import asyncio
import time

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from rooms.access.attempts import PasswordAttempt, Result
from rooms.identity import keyed_hash
from rooms.models import Room
from rooms.names import room_key
from rtproject.utils.clocks import is_over
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.throttling.rates import LeakyBucket, Rate, SlidingWindow
from rtproject.websocket.utils.loop_local import loop_local

CHECK_TIMEOUT = 2.5  # seconds; `connect()` has 3 in all

ADMISSION_SECONDS = 12 * 3600
_SESSION_KEY = "rooms.admissions"  # in the session: room key -> [fingerprint, Unix time]

# Some refused clients reconnect as soon as they are answered, and each handshake costs some 2 ms of CPU. So the answers
# to many refusals are delayed.
_refusals = loop_local(lambda: LeakyBucket(Rate(50, 1.0), burst=20))

_recently_refused = SlidingWindow(Rate(1, 60.0))  # addresses


async def verify(room: Room, raw: str | None, address: str | None, began: float | None = None) -> None:
    """Return if `raw` opens `room`; raise ConnectionDenied if not.

    It takes at most CHECK_TIMEOUT from `began`, a time of `time.monotonic` (by default, now). Raises
    ConnectionDenied: FORBIDDEN for a wrong password; RATE_LIMITED after too many of them, or if the hash
    queue is full; UNAVAILABLE if it cannot be checked. Wrong passwords count per address and room; a missing
    one is neither counted nor hashed. `address` is None for a caller inside the process, which is not
    counted.
    """
    if not room.guarded:
        return
    if not raw:
        raise ConnectionDenied(CloseCode.FORBIDDEN)
    until = (time.monotonic() if began is None else began) + CHECK_TIMEOUT
    result: Result = CloseCode.RATE_LIMITED
    try:
        async with asyncio.timeout(until - time.monotonic()):
            result = await PasswordAttempt(room, raw, address).check()
    except TimeoutError:
        pass
    if result is not None:
        _recently_refused.take(address)
        await _refusals().wait_turn(until)
        raise ConnectionDenied(result)


def was_refused(address: str | None) -> bool:
    """Return whether a password from `address` was refused in the last minute."""
    return address is not None and _recently_refused.exhausted(address)


def admit(session: SessionBase, room: Room) -> None:
    """Note in the session, which gets a new key, that its owner knew the room's password."""
    admissions = session.get(_SESSION_KEY, {})
    admissions[room_key(room.name)] = [_fingerprint(room), time.time()]
    session.cycle_key()
    session[_SESSION_KEY] = admissions


def is_admitted(session: SessionBase | None, room: Room) -> bool:
    """Return whether the session's owner knew the room's present password, at most 12 hours ago."""
    if session is None:
        return False
    fingerprint, since = session.get(_SESSION_KEY, {}).get(room_key(room.name), ("", 0))
    over = is_over(since, time.time(), ADMISSION_SECONDS)
    return not over and constant_time_compare(fingerprint, _fingerprint(room))


def _fingerprint(room: Room) -> str:
    """Return a keyed hash that changes with the room's password, and tells neither it nor its hash."""
    return keyed_hash("rooms.admission", f"{room.pk}:{room.password}")
