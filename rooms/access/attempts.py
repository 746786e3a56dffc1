"""Attempts at a room's password: their limit, and which need no hash or have low priority."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable

from django.conf import settings

from rooms.access.hash_queue import current_hash_queue
from rooms.models import Room, can_be_password, normalized
from rooms.names import room_key
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.throttling.shared import SharedWindow
from rtproject.websocket.utils.loop_local import loop_local

wrong_passwords = SharedWindow(
    "rooms.wrong_passwords", settings.ROOMS_PASSWORD_ATTEMPTS, settings.REDIS_URLS, settings.REDIS_PREFIX
)

# Addresses with more failed attempts, in any room, than a typing error explains have low priority. Attempts that got no
# turn count as well, since an attacker repeats them at once. Each process counts for itself: the queue is its own.
recently_failed = SlidingWindow(Rate(3, 600.0))

_digest_key = secrets.token_bytes(32)


# The digests of passwords that were right, the oldest first. After a network failure all members of a room come back at
# once, and their passwords need no hash. A digest includes the room's own hash, so a change of the password makes it
# worthless. Wrong passwords are not kept: a quick answer would tell strangers that somebody else has tried the same.
verified_passwords: dict[bytes, None] = {}
MAX_VERIFIED = 1000

# A value, not an exception: an exception refers to frames, and would keep the password in memory until the cyclic
# garbage collector runs.
Result = CloseCode | None  # None: the password is right

# The hashes under way, by digest and priority.
_hashes: Callable[[], dict[tuple[bytes, bool], asyncio.Task[Result]]] = loop_local(dict)


class PasswordAttempt:
    """A password that a client at `address` tries on a room.

    `address` is None for a caller inside the process, whose attempts are not counted.
    """

    def __init__(self, room: Room, raw: str, address: str | None) -> None:
        self._raw = raw = normalized(raw)
        self._encoded = room.password
        self._address = address
        self._key = (room_key(room.name), address or "")
        value = f"{room.pk}:{room.password}:{raw}".encode("utf-8", "surrogatepass")
        self._digest = hashlib.blake2b(value, key=_digest_key, digest_size=32).digest()

    async def check(self) -> Result:
        """Return None if the password is right, else a code: FORBIDDEN only if it is wrong."""
        if not can_be_password(self._raw):
            return await self._count_wrong()
        while self._digest not in verified_passwords:
            low_priority = recently_failed.exhausted(self._address)
            # Shared by attempts with the same password and priority: one with low priority may have to wait longer.
            same = _hashes().get((self._digest, low_priority))
            if same is None:
                return await asyncio.shield(self._start_hash(low_priority))
            if await asyncio.shield(same) == CloseCode.FORBIDDEN:
                return await self._count_wrong()
        return CloseCode.RATE_LIMITED if await self._is_throttled() else None

    def _start_hash(self, low_priority: bool) -> asyncio.Task[Result]:
        recently_failed.take(self._address)  # until the password is known to be right
        # A task of its own, so that it continues and counts when the client is gone.
        hashes, key = _hashes(), (self._digest, low_priority)
        hashes[key] = task = asyncio.create_task(self._hash(low_priority), name="password hash")
        task.add_done_callback(lambda _: hashes.pop(key))
        return task

    async def _hash(self, low_priority: bool) -> Result:
        # Counted before the result is known, so that a burst gets no more hashes than the limit allows.
        if not await self._count():
            return CloseCode.RATE_LIMITED
        try:
            right = await current_hash_queue().matches(self._raw, self._encoded, low_priority)
        except LayerUnavailable:
            await self._give_back()
            return CloseCode.UNAVAILABLE
        if right is False:
            return CloseCode.FORBIDDEN
        if right:
            verified_passwords[self._digest] = None
            if len(verified_passwords) > MAX_VERIFIED:
                del verified_passwords[next(iter(verified_passwords))]
            recently_failed.give_back(self._address)
        await self._give_back()
        return None if right else CloseCode.RATE_LIMITED

    async def _is_throttled(self) -> bool:
        return self._address is not None and await wrong_passwords.exhausted(self._key)

    async def _count(self) -> bool:
        return self._address is None or await wrong_passwords.take(self._key)

    async def _count_wrong(self) -> Result:
        return CloseCode.FORBIDDEN if await self._count() else CloseCode.RATE_LIMITED

    async def _give_back(self) -> None:
        if self._address is not None:
            await wrong_passwords.give_back(self._key)


async def is_throttled(room: Room, address: str) -> bool:
    """Return whether `address` gave as many wrong passwords for `room` as it may."""
    return await wrong_passwords.exhausted((room_key(room.name), address))
