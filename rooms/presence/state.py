"""Who is in a room, here and in the other processes: the bookkeeping alone, without a clock or a network."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from rooms.protocol import Person

HERE = ""  # this process among the others


class Change(NamedTuple):
    """Who came and who went, each of them by any number of processes."""

    joined: list[Person]
    left: list[Person]


class PresenceState:
    """The members of one room by process. Somebody who is in several processes is one member."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, Person]] = {}  # process -> member's id -> member
        self._count = 0

    def __len__(self) -> int:
        """How many members there are."""
        return self._count

    def __contains__(self, member: str) -> bool:
        return any(member in place for place in self._places.values())

    def count_with(self, members: Iterable[str]) -> int:
        """How many members there would be if those of these ids were in, too."""
        elsewhere = set(members).difference(self.at(HERE))  # most are here, and this is quick with thousands
        return self._count + sum(member not in self for member in elsewhere)

    def at(self, process: str) -> dict[str, Person]:
        """The members in one process by id. To be read only."""
        return self._places.get(process, {})

    def some(self, most: int) -> list[Person]:
        """Up to `most` members."""
        found: dict[str, Person] = {}
        for place in self._places.values():
            for person in islice(place.values(), most):
                if len(found) == most:
                    break
                found.setdefault(person.id, person)
        return list(found.values())

    def enter(self, process: str, people: Iterable[Person]) -> Change:
        """These are in `process` now, too."""
        place = self._places.setdefault(process, {})
        joined = []
        for person in people:
            if person.id not in self:
                joined.append(person)
            place[person.id] = person
        if not place:
            del self._places[process]
        self._count += len(joined)
        return Change(joined, [])

    def leave(self, process: str, members: Iterable[str]) -> Change:
        """The members of these ids are not in `process` any more."""
        place = self._places.get(process, {})
        left = []
        for member in members:
            person = place.pop(member, None)
            if person is not None and member not in self:
                left.append(person)
        if not place:
            self._places.pop(process, None)
        self._count -= len(left)
        return Change([], left)

    def replace(self, process: str, people: Iterable[Person]) -> Change:
        """These and nobody else are in `process`."""
        now = {person.id: person for person in people}
        joined = self.enter(process, now.values()).joined
        left = self.leave(process, [member for member in self.at(process) if member not in now]).left
        return Change(joined, left)
