"""Who may enter a guarded room: by its password, or by a session that was let in with it before."""

import asyncio
import time
from typing import TYPE_CHECKING

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare, salted_hmac

from rooms.guesses import Guess, judge
from rooms.names import room_key
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.throttling.rates import LeakyBucket, Rate, SlidingWindow

if TYPE_CHECKING:
    from rooms.models import Room

ANSWER_SECONDS = 2.5  # until a status, whatever it takes; all of `connect()` has 3

ADMISSION_SECONDS = 12 * 3600
_SESSION_KEY = "rooms.admissions"  # in the session: room key -> [fingerprint, Unix time]

# Who guesses without pause comes back as soon as it is answered, and each handshake costs some 2 ms of CPU. So when
# there are many refusals they take their time.
_refusals = loop_local(lambda: LeakyBucket(Rate(50, 1.0), burst=20))

_refused_lately = SlidingWindow(Rate(1, 60.0))  # addresses


async def verify(room: "Room", raw: str | None, address: str | None, began: float | None = None) -> None:
    """Returns if `raw` opens `room`; raises ConnectionDenied: FORBIDDEN, or RATE_LIMITED after too many wrong ones, or when
    so many wait for a hash that this one's turn does not come in time.

    Wrong passwords count per address and room; a missing one is neither counted nor hashed. `address` is None for a
    caller inside the process, who is not counted. It ends at most ANSWER_SECONDS after `began`, of `time.monotonic`: by
    default, now.
    """
    if not room.guarded:
        return
    if not raw:
        raise ConnectionDenied(CloseCode.FORBIDDEN)
    until = (time.monotonic() if began is None else began) + ANSWER_SECONDS
    try:
        async with asyncio.timeout(until - time.monotonic()):
            code = await judge(Guess(room, raw, address))
    except TimeoutError:
        code = CloseCode.RATE_LIMITED
    if code is not None:
        _refused_lately.take(address)
        await _refusals().wait_turn(until)
        raise ConnectionDenied(code)


def was_refused(address: str | None) -> bool:
    """Whether a password of somebody at `address` was refused in the last minute, for whatever reason."""
    return address is not None and _refused_lately.exhausted(address)


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
