"""Where presence is kept: in this process, or in Redis for all processes.

Redis numbers the changes of a room. The process that made one tells the others over the room's group, and each applies
them in order; one that misses some reads all members again. After a failure a process takes another name: what Redis
may still do of its earlier commands concerns places that are over.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from django.conf import settings

from rooms.presence import store
from rooms.presence.state import Change, PresenceState, Update
from rooms.presence.store import Answer, Place
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.throttling.rates import Rate, SlidingWindow

RENEW_SECONDS = 6.0  # between two renewals: a lease outlasts three of them
LATE_SECONDS = 0.25  # that a change may be on its way before all members are read again
GATHER_SECONDS = 0.05  # changes within this are told together
RETRY_SECONDS = 2.0  # between two attempts while Redis is out of reach
REFILL_SECONDS = 9.0  # until all processes have noticed that Redis was emptied

_by_address = SlidingWindow(Rate(10, 1.0))  # comings and goings in a room that are told by name

Tell = Callable[[Change, Collection[str]], None]


class MemoryBackend:
    """The members of a room in this process alone. `tell` is called with each change and the ids to count only."""

    def __init__(self, room: str, state: PresenceState, tell: Tell) -> None:
        self._room = room
        self._state = state
        self._tell = tell
        self._here: dict[str, Place] = {}

    async def begin(self) -> None:
        """Learn of the members in other processes."""

    async def close(self) -> None:
        """Let go of the room: no member is left here."""

    def handle(self, tags: dict[str, Any]) -> None:
        """Handle an event of another process, or of this one."""

    def knows(self, person: Person) -> bool:
        """Return whether the member has a place here, under this name."""
        place = self._here.get(person.id)
        return place is not None and place.person == person

    async def enter(self, place: Place, limit: int | None) -> bool:
        """Give a member a place; False if there is none. Raises LayerUnavailable if that cannot be known."""
        if limit is not None and place.person.id not in self._state.members:
            taken = sum(other.address == place.address for other in self._here.values())
            if len(self._state.members) >= limit or 0 < self._places(place) <= taken:
                return False
        self._enter_here(place)
        return True

    def leave(self, member: str) -> None:
        """Free the place of a member."""
        place = self._here.pop(member, None)
        if place is not None:
            self._tell(self._state.apply([], [member]), self._quiet(place))

    def _enter_here(self, place: Place) -> None:
        self._here[place.person.id] = place
        change = self._state.apply([place.person], [])
        self._tell(change, self._quiet(place) if change.joined else [])

    def _places(self, place: Place) -> int:
        """The number of places that one address may take in a room with a limit; 0 for any number."""
        limited = place.address is not None and settings.ROOMS_ADDRESS_RATE.count
        return settings.ROOMS_ADDRESS_PLACES if limited else 0

    def _quiet(self, place: Place) -> list[str]:
        """Count a coming or going; return the member's id if its address has too many of them to be named."""
        if place.address is None or not settings.ROOMS_ADDRESS_RATE.count:
            return []
        return [] if _by_address.take((self._room, place.address)) else [place.person.id]


class RedisBackend(MemoryBackend):
    """The members of a room in all processes. While Redis is out of reach only rooms without a limit admit members."""

    def __init__(self, room: str, group: str, state: PresenceState, tell: Tell) -> None:
        super().__init__(room, state, tell)
        self._group = group
        self._name = secrets.token_hex(6)  # of the places of this process
        self._held_by = ""  # the name that Redis has them under; another one than `_name` after a failure
        self._coming: set[str] = set()  # members that Redis does not know yet
        self._leaving: dict[
            str, Collection[str]
        ] = {}  # members that have a place in Redis no more: `quiet` of each
        self._missed = False  # all members must be read
        self._refilled_at = (
            0.0  # until then members may be missing in a Redis that was emptied; 0 if it was not
        )
        self._renew_at = 0.0
        self._untold: list[Update] = []
        self._wake = asyncio.Event()
        self._advanced = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Read the members from Redis."""
        await self._renew()
        self._worker = run_in_background(self._work(), "rooms presence")

    async def close(self) -> None:
        """Free the places that are left. Without Redis they are free when the lease is over."""
        if self._worker is not None:
            self._worker.cancel()
        if self._leaving and self._name == self._held_by:
            await self._renew()
        await self._publish()

    def handle(self, tags: dict[str, Any]) -> None:
        """Handle an event of another process, or of this one."""
        if tags["presence"] == self._room:
            for version, joined, left, quiet in tags["changes"]:
                people = msgspec.json.decode(joined, type=list[Person])
                self._take(Update(version, people, left, quiet))

    async def enter(self, place: Place, limit: int | None) -> bool:
        """Give a member a place. It is told of, and counted, when this returns."""
        member = place.person.id
        self._leaving.pop(member, None)
        answer = None
        if self._name == self._held_by and (limit is None or self._is_complete()):
            with contextlib.suppress(LayerUnavailable):
                answer = await store.admit(self._room, self._name, place, limit, self._places(place))
            if answer is None or not answer.held:
                self._fail()
        if answer is None or not answer.held:
            return self._enter_without_redis(place, limit)
        quiet = self._quiet(place) if member in answer.joined else []
        if not answer.full:
            self._here[member] = place
        self._accept(answer, {member: place.person}, quiet)
        while self._state.version < answer.version:  # changes elsewhere are on their way
            self._advanced.clear()
            await self._advanced.wait()
        return not answer.full

    def leave(self, member: str) -> None:
        """Free the place of a member, which may have one in another process."""
        place = self._here.pop(member, None)
        self._leaving[member] = self._quiet(place) if place is not None else []
        self._wake.set()

    def _enter_without_redis(self, place: Place, limit: int | None) -> bool:
        if limit is not None and place.person.id not in self._state.members:
            raise LayerUnavailable("Redis cannot tell whether the room is full")
        self._enter_here(place)
        self._coming.add(place.person.id)
        self._wake.set()
        return True

    def _is_complete(self) -> bool:
        return asyncio.get_running_loop().time() >= self._refilled_at

    # --- with Redis, and to the others ---

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._renew_at):
                    await self._wake.wait()
            self._wake.clear()
            due = loop.time() >= self._renew_at or self._name != self._held_by
            reached = True
            if due or self._coming or self._leaving or self._missed:
                reached = await self._renew()
            await self._publish()
            await asyncio.sleep(GATHER_SECONDS if reached else RETRY_SECONDS)

    async def _renew(self) -> bool:
        """Renew the lease, with all that Redis does not know yet; False if it is out of reach."""
        loop = asyncio.get_running_loop()
        self._renew_at = loop.time() + RENEW_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311 (not a secret)
        anew = self._name != self._held_by
        coming = {
            member: self._here[member]
            for member in (self._here if anew else self._coming & self._here.keys())
        }
        leaving, self._leaving, self._coming = self._leaving, {}, set()
        whole = anew or self._missed or 0 < self._refilled_at <= loop.time()
        try:
            answer = await store.renew(self._room, self._name, self._held_by, whole, leaving, coming.values())
        except LayerUnavailable:
            self._fail(leaving)
            return False
        if not answer.held and not anew:
            self._fail(leaving)
            return True
        if anew:
            self._held_by = self._name
            self._refilled_at = loop.time() + REFILL_SECONDS if coming and not answer.held else 0.0
        quiet = [member for members in leaving.values() for member in members]
        self._accept(answer, {member: place.person for member, place in coming.items()}, quiet)
        return True

    def _fail(self, leaving: Collection[str] = ()) -> None:
        """Go on with what this process knows, under another name that Redis has yet to learn."""
        self._name = secrets.token_hex(6)
        self._tell(self._state.apply([], [member for member in leaving if member not in self._here]), ())
        for update, change in self._state.skip_missing():
            self._tell(change, update.quiet)
        self._advanced.set()
        self._wake.set()

    def _accept(self, answer: Answer, known: dict[str, Person], quiet: Collection[str]) -> None:
        """Apply what Redis answered, and have the others told of what changed by it."""
        update = Update(answer.version, [known[member] for member in answer.joined], answer.left, quiet)
        if update.joined or update.left:
            self._untold.append(update)
            self._wake.set()
        if answer.members is None:
            self._take(update)
            return
        complete = self._is_complete()
        self._missed = False
        if complete:
            self._refilled_at = 0.0
        self._tell(self._state.apply([], answer.left), quiet)
        self._tell(self._state.replace(answer.members, answer.version, keep_missing=not complete), quiet)
        self._advanced.set()

    async def _publish(self) -> None:
        """Tell the other processes. Those that are not reached notice it when they renew."""
        untold, self._untold = self._untold, []
        if untold:
            changes = [
                (version, msgspec.json.encode(joined).decode(), left, list(quiet))
                for version, joined, left, quiet in untold
            ]
            with contextlib.suppress(LayerUnavailable):
                await broadcast(self._group, None, presence=self._room, changes=changes)

    # --- in the order of the versions ---

    def _take(self, update: Update) -> None:
        if update.joined or update.left:
            for ready, change in self._state.take(update):
                self._tell(change, ready.quiet)
            self._advanced.set()
        if self._state.version < update.version:
            asyncio.get_running_loop().call_later(LATE_SECONDS, self._expect, update.version)

    def _expect(self, version: int) -> None:
        """Have all members read if what leads to `version` did not come in time."""
        if self._state.version < version:
            self._missed = True
            self._wake.set()
