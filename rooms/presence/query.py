"""Questions to the presence of all processes: the members of all rooms, or their counts."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

from channels.layers import get_channel_layer

from rooms.presence.state import HERE
from rooms.presence.tracker import PresenceTracker, local_trackers
from rooms.protocol import Person
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.layer import ask_layer
from rtproject.websocket.groups.registry import GroupEvent, broadcast
from rtproject.websocket.lifecycle import run_in_background

GROUP = "rooms.presence"
RESPONSE_TIMEOUT = 0.3  # seconds for the other processes to answer

Members = dict[str, dict[str, Person]]  # room's key -> member's id -> member
Counts = dict[tuple[str, int], int]  # key and primary key (0 for an unlisted room) -> number of members


def local_counts() -> Counts:
    """Return the counts of the rooms with a member in this process, counted over all processes."""
    return _count(local_trackers())


def _count(presences: Iterable[PresenceTracker]) -> Counts:
    return {(presence.key, presence.row): len(presence.state) for presence in presences}


class PresenceResponder:
    """Answers for the rooms of one process, as a member of GROUP."""

    def __init__(self, presences: Iterable[PresenceTracker]) -> None:
        self._presences = presences

    def deliver(self, event: GroupEvent) -> None:
        """Answer a question."""
        rooms = self._counts() if event.tags.get("counts") else self._people()
        run_in_background(self._answer(event.tags["answer_to"], rooms), "rooms presence")

    def _people(self) -> list[tuple[str, list[list[Any]]]]:
        found = []
        for presence in self._presences:  # two may have one name for a while
            here = presence.state.at(HERE).values()
            found.append((presence.key, [[person.id, person.name, person.guest] for person in here]))
        return found

    def _counts(self) -> list[tuple[str, int, int]]:
        return [(key, row, count) for (key, row), count in _count(self._presences).items()]

    async def _answer(self, channel: str, rooms: list[Any]) -> None:
        with contextlib.suppress(LayerUnavailable):  # then the question is answered without this process
            await ask_layer(get_channel_layer().send(channel, {"type": "rooms.presence", "rooms": rooms}))


async def members_by_room() -> Members:
    """Return the members of all rooms, from the processes that answer in time. Raises LayerUnavailable."""
    found: Members = {}
    for key, people in await _ask_all(counts=False):
        members = [Person(member, name, guest=guest) for member, name, guest in people]
        found.setdefault(key, {}).update({person.id: person for person in members})
    return found


async def count_by_room() -> Counts:
    """Return the counts of all rooms, from the processes that answer in time. Raises LayerUnavailable.

    A member in several processes is counted once: each process with a member in a room counts the whole room.
    """
    found: Counts = {}
    for key, row, count in await _ask_all(counts=True):
        found[key, row] = max(count, found.get((key, row), 0))
    return found


async def _ask_all(*, counts: bool) -> list[Any]:
    """Collect the answers of all processes, one entry for each room of each process."""
    layer: Any = get_channel_layer()
    channel: str = await ask_layer(layer.new_channel())
    rooms: list[Any] = []
    await broadcast(GROUP, None, answer_to=channel, counts=counts)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RESPONSE_TIMEOUT):
            while True:
                rooms += (await layer.receive(channel))["rooms"]
    return rooms
