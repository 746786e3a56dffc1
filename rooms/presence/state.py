"""The presence state of one room: its members by process. Pure, without a clock or a network."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from rooms.protocol import Person

HERE = ""  # this process among the others


class Change(NamedTuple):
    """Members that joined the room and members that left it, in all processes together."""

    joined: list[Person]
    left: list[Person]


class PresenceState:
    """The members of one room by process. A member in several processes is one member."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, Person]] = {}  # process -> member's id -> member
        self._count = 0

    def __len__(self) -> int:
        """The number of members."""
        return self._count

    def __contains__(self, member: str) -> bool:
        return any(member in place for place in self._places.values())

    def count_with(self, members: Iterable[str]) -> int:
        """Return the number of members there would be with the members of these ids."""
        elsewhere = set(members).difference(self.at(HERE))  # most are here, and this is fast with thousands
        return self._count + sum(member not in self for member in elsewhere)

    def at(self, process: str) -> dict[str, Person]:
        """Return the members in one process by id. Do not change the result."""
        return self._places.get(process, {})

    def some(self, most: int) -> list[Person]:
        """Return up to `most` members."""
        found: dict[str, Person] = {}
        for place in self._places.values():
            for person in islice(place.values(), most):
                if len(found) == most:
                    break
                found.setdefault(person.id, person)
        return list(found.values())

    def enter(self, process: str, people: Iterable[Person]) -> Change:
        """Add these members to `process`."""
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
        """Remove the members of these ids from `process`."""
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
        """Make these the only members in `process`."""
        now = {person.id: person for person in people}
        joined = self.enter(process, now.values()).joined
        left = self.leave(process, [member for member in self.at(process) if member not in now]).left
        return Change(joined, left)
