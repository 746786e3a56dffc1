"""The members of one room in all processes, which Redis keeps.

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

from rooms.names import room_group
from rooms.presence import store
from rooms.presence.state import Change, LocalPresence, Place, Update, places_for
from rooms.presence.store import Answer
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background

RENEW_SECONDS = 6.0  # between two renewals: a lease outlasts three of them
LATE_SECONDS = 0.25  # that a change may be on its way before all members are read again
GATHER_SECONDS = 0.05  # changes within this are told together
RETRY_SECONDS = 2.0  # between two attempts while Redis is out of reach
REFILL_SECONDS = 9.0  # until all processes have noticed that Redis was emptied


class SharedPresence(LocalPresence):
    """While Redis is out of reach, a room with a limit admits no new member."""

    def __init__(self, key: str, row: int, tell: Callable[[Change], None]) -> None:
        super().__init__(key, row, tell)
        self._id = store.room_id(key, row)
        self._group = room_group(key)
        self._name = secrets.token_hex(6)  # of the places of this process
        self._held_by = ""  # the name that Redis has them under; another one than `_name` after a failure
        self._leaving: dict[str, Collection[str]] = {}  # members whose places are to be freed, with `quiet`
        self._missed = False  # all members must be read
        self._refilled_at = 0.0  # when a Redis that was emptied has all members again; 0 without need
        self._renew_at = 0.0
        self._untold: list[Update] = []
        self._wake = asyncio.Event()
        self._advanced = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self._renew()
        self._worker = run_in_background(self._work(), "rooms presence")

    async def close(self) -> None:
        """Free the places that are left. Without Redis they are free when the lease is over."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None  # its traceback holds us
        if self._leaving and self._name == self._held_by:
            await self._renew()
        for change in self.state.skip_missing():
            self._tell(change)
        await self._publish()
        await super().close()

    def handle(self, tags: dict[str, Any]) -> None:
        if tags["presence"] == self._id:
            for version, joined, left, quiet in tags["changes"]:
                self._take(Update(version, msgspec.json.decode(joined, type=list[Person]), left, quiet))

    async def enter(self, place: Place, limit: int | None) -> bool:
        """Give a member a place. It is among the members when this returns."""
        member, answer = place.person.id, None
        self._leaving.pop(member, None)
        needs_redis = limit is not None and member not in self.state.members
        if self._name == self._held_by and (self._is_complete() or not needs_redis):
            answer = await self._ask(place, limit if self._is_complete() else None)
        if answer is None:
            if needs_redis:
                raise LayerUnavailable("Redis cannot tell whether the room is full")
            self._enter_here(place)
            return True
        if not answer.full:
            self._here[member] = place
        self._accept(answer, {member: place.person}, self._quiet(place) if answer.joined else ())
        while self.state.version < answer.version:  # changes elsewhere are on their way
            self._advanced.clear()
            await self._advanced.wait()
        return not answer.full

    def leave(self, member: str) -> None:
        """Free the place of a member, which may have one in another process."""
        place = self._here.pop(member, None)
        self._leaving[member] = self._quiet(place) if place is not None else ()
        self._wake.set()

    async def _ask(self, place: Place, limit: int | None) -> Answer | None:
        """Ask Redis for a place; return None without an answer, or if it has forgotten those of this process."""
        limits = (-1, -1) if limit is None else (limit, places_for(place.address))
        with contextlib.suppress(LayerUnavailable):
            answer = await store.update(self._id, self._name, self._name, limits=limits, coming=[place])
            if answer.held:
                return answer
        self._fail()
        return None

    def _is_complete(self) -> bool:
        """Whether Redis, if it was emptied, has been filled again by all processes."""
        return asyncio.get_running_loop().time() >= self._refilled_at

    # --- with Redis, and to the others ---

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._renew_at):
                    await self._wake.wait()
            self._wake.clear()
            is_due = asyncio.get_running_loop().time() >= self._renew_at or self._name != self._held_by
            reached = not (is_due or self._leaving or self._missed) or await self._renew()
            await self._publish()
            await asyncio.sleep(GATHER_SECONDS if reached else RETRY_SECONDS)

    async def _renew(self) -> bool:
        """Renew the lease, with all that Redis does not know yet; False if it is out of reach."""
        now = asyncio.get_running_loop().time()
        self._renew_at = now + RENEW_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311 (not a secret)
        anew = self._name != self._held_by
        coming = dict(self._here) if anew else {}
        leaving, self._leaving = self._leaving, {}
        whole = anew or self._missed or 0 < self._refilled_at <= now
        answer = None
        with contextlib.suppress(LayerUnavailable):
            answer = await store.update(
                self._id, self._name, self._held_by, whole=whole, leaving=leaving, coming=coming.values()
            )
        if answer is None or not (answer.held or anew):
            self._fail(leaving)
            return answer is not None
        if anew:
            if (coming or self._held_by) and not answer.held:
                self._refilled_at = now + REFILL_SECONDS
            self._held_by = self._name
        quiet = [member for members in leaving.values() for member in members]
        self._accept(answer, {member: place.person for member, place in coming.items()}, quiet)
        if anew and self._here.keys() - coming.keys():  # members that came without Redis meanwhile
            self._fail()
        return True

    def _fail(self, leaving: Collection[str] = ()) -> None:
        """Go on with what this process knows, under another name that Redis has yet to learn."""
        self._name = secrets.token_hex(6)
        self._tell(
            self.state.apply([], [member for member in leaving if member not in self._here], here=True)
        )
        for change in self.state.skip_missing():
            self._tell(change)
        self._advanced.set()
        self._wake.set()

    def _accept(self, answer: Answer, known: dict[str, Person], quiet: Collection[str]) -> None:
        """Apply what Redis answered, and have the others told of what changed by it."""
        update = Update(
            answer.version, [known[member] for member in answer.joined], answer.left, quiet, here=True
        )
        if update.joined or update.left:
            self._untold.append(update)
            self._wake.set()
        if answer.members is None:
            self._take(update)
            return
        self._missed, is_complete = False, self._is_complete()
        self._refilled_at = 0.0 if is_complete else self._refilled_at
        for change in self.state.skip_missing(answer.version):  # with those of our own
            self._tell(change)
        self._tell(self.state.apply([], answer.left, quiet, here=True))
        self._tell(self.state.replace(answer.members, answer.version, keep_missing=not is_complete))
        self._advanced.set()

    async def _publish(self) -> None:
        """Tell the other processes. Those that are not reached notice it when they renew."""
        untold, self._untold = self._untold, []
        if untold:
            changes = [
                (version, msgspec.json.encode(joined).decode(), left, list(quiet))
                for version, joined, left, quiet, _ in untold
            ]
            with contextlib.suppress(LayerUnavailable):
                await broadcast(self._group, None, presence=self._id, changes=changes)

    # --- in the order of the versions ---

    def _take(self, update: Update) -> None:
        if update.joined or update.left:
            for change in self.state.take(update):
                self._tell(change)
            self._advanced.set()
        if self.state.version < update.version:
            asyncio.get_running_loop().call_later(LATE_SECONDS, self._expect, update.version)

    def _expect(self, version: int) -> None:
        """Have all members read if what leads to `version` did not come in time."""
        if self.state.version < version:
            self._missed = True
            self._wake.set()
