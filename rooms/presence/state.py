"""The members of one room, in all processes. Pure, without a clock or a network."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from rooms.protocol import Person


class Update(NamedTuple):
    """A numbered change of a room's members: those that came, and the ids of those that went.

    The ids in `quiet` are not told by name, only counted.
    """

    version: int
    joined: list[Person]
    left: list[str]
    quiet: Collection[str] = ()


class Change(NamedTuple):
    """Members that joined the room and members that left it, compared with what was known before."""

    joined: list[Person]
    left: list[Person]


class PresenceState:
    """The members of one room by id. Updates are applied in the order of their versions, whichever comes first."""

    def __init__(self) -> None:
        self.members: dict[str, Person] = {}
        self.version = 0  # of the last update that was applied
        self._ahead: dict[int, Update] = {}

    def apply(self, joined: Iterable[Person], left: Iterable[str]) -> Change:
        """Add and remove members. A member that is known already may have another name now."""
        new = []
        for person in joined:
            if person.id not in self.members:
                new.append(person)
            self.members[person.id] = person
        gone = [self.members.pop(member, None) for member in left]
        return Change(new, [person for person in gone if person is not None])

    def take(self, update: Update) -> Iterator[tuple[Update, Change]]:
        """Yield the updates whose turn has come with `update`, after each was applied. A repeated one is ignored."""
        if update.version > self.version:
            self._ahead[update.version] = update
        while (following := self._ahead.pop(self.version + 1, None)) is not None:
            yield self._apply_next(following)

    def skip_missing(self) -> Iterator[tuple[Update, Change]]:
        """Do the same with all that came before their turn: what is missing cannot be had."""
        ahead, self._ahead = self._ahead, {}
        for version in sorted(ahead):
            yield self._apply_next(ahead[version])

    def replace(self, people: Iterable[Person], version: int, *, keep_missing: bool) -> Change:
        """Make these the members as of `version`; with `keep_missing`, only add to them."""
        self._ahead.clear()
        self.version = version
        now = {person.id: person for person in people}
        missing = [] if keep_missing else [member for member in self.members if member not in now]
        return self.apply(now.values(), missing)

    def _apply_next(self, update: Update) -> tuple[Update, Change]:
        self.version = update.version
        return update, self.apply(update.joined, update.left)
