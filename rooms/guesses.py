"""Passwords that somebody tries on a room: how many, how often, and which of them need not be hashed again."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings

from rooms.hashing import current_lanes
from rooms.matching import matches_apart
from rooms.names import room_key
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.throttling.shared import SharedWindow

if TYPE_CHECKING:
    from rooms.models import Room

wrong_passwords = SharedWindow("rooms.wrong_passwords", settings.ROOMS_PASSWORD_ATTEMPTS, settings.REDIS_URLS)

# Whoever failed in any room lately, more often than one mistypes, does not keep others waiting for a hash. It is this
# process's time that is shared out, so this process's own count is enough.
recent_failures = SlidingWindow(Rate(3, 600.0))

_digest_key = secrets.token_bytes(32)


class Guess:
    """A password that somebody at `address` tries on a room. None is a caller inside the process, not to be counted."""

    def __init__(self, room: "Room", raw: str, address: str | None) -> None:
        self.raw = raw
        self.encoded = room.password
        value = f"{room.pk}:{room.password}:{raw}".encode("utf-8", "surrogatepass")
        self.digest = hashlib.blake2b(value, key=_digest_key, digest_size=32).digest()
        self.address = address
        self._key = (room_key(room.name), address or "")

    async def may_come(self) -> bool:
        """Whether there were few enough wrong ones. Counts nothing."""
        return self.address is None or not await wrong_passwords.exhausted(self._key)

    async def count(self) -> bool:
        """Counts as a wrong one; False, and nothing is counted, if there were too many already."""
        return self.address is None or await wrong_passwords.take(self._key)

    async def take_back(self) -> None:
        """Counts no more."""
        if self.address is not None:
            await wrong_passwords.give_back(self._key)


async def is_used_up(room: "Room", address: str) -> bool:
    """Whether `address` gave as many wrong passwords for `room` as it may."""
    return await wrong_passwords.exhausted((room_key(room.name), address))


class Digests:
    """Which passwords were looked at, the last MOST_REMEMBERED of them.

    When a network comes back everybody in a room does: one hash is enough to know a password, be it right or the one
    from before a change. What is kept are digests that include the room's own hash, so a change of the password makes
    them worthless. Their key is of this process alone, and nowhere but in its memory.
    """

    MOST_REMEMBERED = 1000

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def know(self, digest: bytes) -> bool:
        """Whether it is one of them. It is remembered for longer then."""
        known = digest in self._known
        if known:
            self._known.move_to_end(digest)
        return known

    def add(self, digest: bytes) -> None:
        """Forgets the one that was not asked for for longest, if there are too many."""
        self._known[digest] = None
        if len(self._known) > self.MOST_REMEMBERED:
            self._known.popitem(last=False)


# Apart, so that nobody who guesses makes us forget what is right.
_right, _wrong = Digests(), Digests()


# Codes that a guess is refused with, None for a right one. As values, not as exceptions: what an exception holds on to,
# the password too, would stay in memory until the cyclic garbage collector comes by.
StoreStatus = CloseCode | None
_Hashing = dict[bytes, asyncio.Task[StoreStatus]]


def _none_yet() -> _Hashing:
    return {}


_under_way = loop_local(_none_yet)  # what is hashed now, by digest


async def judge(guess: Guess) -> StoreStatus:
    """Whether the guess is right: None then, else FORBIDDEN, or RATE_LIMITED (UNAVAILABLE if that is our own failure)
    if it was not even looked at."""
    under_way = _under_way()
    while guess.digest in under_way:  # the same password, perhaps somebody else's
        await asyncio.wait({under_way[guess.digest]})
    if _right.know(guess.digest):
        return None if await guess.may_come() else CloseCode.RATE_LIMITED
    if "\0" in guess.raw or _wrong.know(guess.digest):
        return CloseCode.FORBIDDEN if await guess.count() else CloseCode.RATE_LIMITED
    # A task of its own: when the client goes the thread goes on, and what it finds out counts.
    task = under_way[guess.digest] = asyncio.create_task(_hash(guess), name="password hash")
    task.add_done_callback(lambda _: under_way.pop(guess.digest))
    return await asyncio.shield(task)


async def _hash(guess: Guess) -> StoreStatus:
    # Counted before it is known to be wrong: of those that come together no more are looked at than may be.
    if not await guess.count():
        return CloseCode.RATE_LIMITED
    suspect = recent_failures.exhausted(guess.address)
    try:
        right = await current_lanes().run(partial(matches_apart, guess.raw, guess.encoded), suspect)
    except LayerUnavailable:
        await guess.take_back()
        return CloseCode.UNAVAILABLE
    if right is False:
        _wrong.add(guess.digest)
        recent_failures.take(guess.address)
        return CloseCode.FORBIDDEN
    if right:
        _right.add(guess.digest)
    await guess.take_back()
    return None if right else CloseCode.RATE_LIMITED
