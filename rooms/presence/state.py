"""The members of one room as this process knows them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from math import inf
from typing import Any, NamedTuple

from django.conf import settings

from rooms.protocol import Person
from rtproject.websocket.throttling.rates import Rate, SlidingWindow

_by_address = SlidingWindow(Rate(10, 1.0))  # comings and goings in a room that are told by name


class Change(NamedTuple):
    """Members that joined and that left, the process made it `here`. The ids in `quiet` are not named."""

    joined: list[Person]
    left: list[Person]
    quiet: Collection[str] = ()
    here: bool = False


class Update(NamedTuple):
    """A change as Redis numbers it, with the ids of those that left."""

    version: int
    joined: list[Person]
    left: list[str]
    quiet: Collection[str] = ()
    here: bool = False


class Place(NamedTuple):
    """A member that is in this process, and the address that it came from."""

    person: Person
    address: str | None


class PresenceState:
    """The members by id. Updates are applied in the order of their versions, whichever comes first."""

    def __init__(self) -> None:
        self.members: dict[str, Person] = {}
        self.version = 0  # of the last update that was applied
        self._ahead: dict[int, Update] = {}

    def apply(
        self, joined: Iterable[Person], left: Iterable[str], quiet: Collection[str] = (), here: bool = False
    ) -> Change:
        """Add and remove members. A member that is known already may have another name now."""
        new = []
        for person in joined:
            if person.id not in self.members:
                new.append(person)
            self.members[person.id] = person
        gone = [self.members.pop(member, None) for member in left]
        return Change(new, [person for person in gone if person is not None], quiet, here)

    def take(self, update: Update) -> Iterator[Change]:
        """Yield the changes whose turn has come with `update`. A repeated one is ignored."""
        if update.version > self.version:
            self._ahead.setdefault(update.version, update)
        while self.version + 1 in self._ahead:
            yield self._apply_update(self.version + 1)

    def skip_missing(self, through: float = inf) -> Iterator[Change]:
        """Yield the changes up to a version that came before their turn: those in between cannot be had."""
        for version in sorted(self._ahead):
            if version <= through:
                yield self._apply_update(version)

    def replace(self, people: Iterable[Person], version: int, *, keep_missing: bool) -> Change:
        """Make these the members as of `version`; with `keep_missing`, only add to them."""
        self._ahead.clear()
        self.version = version
        now = {person.id: person for person in people}
        missing = [] if keep_missing else [member for member in self.members if member not in now]
        return self.apply(now.values(), missing)

    def _apply_update(self, version: int) -> Change:
        self.version, joined, left, quiet, here = self._ahead.pop(version)
        return self.apply(joined, left, quiet, here)


class LocalPresence:
    """The members of a room in this process alone. `tell` is called with each change.

    `key` is the room's name as it is compared, `row` its primary key, 0 for an unlisted room.
    """

    def __init__(self, key: str, row: int, tell: Callable[[Change], None]) -> None:
        self.state = PresenceState()
        self._room = (key, row)
        self._tell = tell
        self._here: dict[str, Place] = {}

    async def begin(self) -> None:
        """Learn of the members in other processes."""

    async def close(self) -> None:
        """Let go of the room: no member is left here, and nothing is told any more."""
        self._tell = lambda change: None  # a reference to the tracker would close a cycle

    def handle(self, tags: dict[str, Any]) -> None:
        """Handle an event of another process, or of this one."""

    def knows(self, person: Person) -> bool:
        """Return whether the member has a place here, under this name."""
        place = self._here.get(person.id)
        return place is not None and place.person == person

    async def enter(self, place: Place, limit: int | None) -> bool:
        """Give a member a place; False if there is none. Raises LayerUnavailable if that cannot be known."""
        if limit is not None and place.person.id not in self.state.members:
            taken = sum(other.address == place.address for other in self._here.values())
            if len(self.state.members) >= limit or 0 <= places_for(place.address) <= taken:
                return False
        self._enter_here(place)
        return True

    def leave(self, member: str) -> None:
        place = self._here.pop(member, None)
        if place is not None:
            self._tell(self.state.apply([], [member], self._quiet(place), here=True))

    def _enter_here(self, place: Place) -> None:
        self._here[place.person.id] = place
        self._tell(self.state.apply([place.person], [], self._quiet(place), here=True))

    def _quiet(self, place: Place) -> Collection[str]:
        """Count a coming or going; return the member's id if its address has too many of them to be named."""
        address = place.address if settings.ROOMS_ADDRESS_RATE.count else None
        return () if address is None or _by_address.take((self._room, address)) else (place.person.id,)


def places_for(address: str | None) -> int:
    """Return the number of places that an address may take in a room with a limit; -1 for any number."""
    limited = address is not None and settings.ROOMS_ADDRESS_RATE.count
    return (limited and settings.ROOMS_ADDRESS_PLACES) or -1
