"""Who is in the rooms, and how many are, asked over a layer."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from rooms.presence import query as census
from rooms.presence.query import GROUP, PresenceResponder, count_by_room, members_by_room
from rooms.presence.state import PresenceState
from rooms.protocol import Person
from rtproject.websocket.groups.registry import current_registry

ANN, BOB, IDA = (Person(name.lower(), name, guest=True) for name in ("Ann", "Bob", "Ida"))


class Process:
    """One of several: the rooms in which it has somebody, with whoever it knows to be there or elsewhere."""

    def __init__(self, **rooms: dict[str, list[Person]]) -> None:
        self._rooms = rooms

    def __iter__(self) -> Iterator[Any]:
        for key, places in self._rooms.items():
            state = PresenceState()
            for place, people in places.items():
                state.enter("" if place == "here" else place, people)
            yield SimpleNamespace(key=key, row=7 if key == "listed" else 0, state=state)


@asynccontextmanager
async def processes(*all_: Process) -> AsyncIterator[None]:
    """Several answer when somebody asks."""
    for process in all_:
        await current_registry().join(GROUP, PresenceResponder(process))
    yield


FIRST = Process(listed={"here": [ANN], "second": [BOB, ANN]}, corner={"here": [IDA]})
SECOND = Process(listed={"here": [BOB, ANN], "first": [ANN]}, lone={"here": [BOB]})


async def test_each_process_counts_those_of_all() -> None:
    """So a member of several is counted once; an unlisted room has no row."""
    async with processes(FIRST, SECOND):
        assert await count_by_room() == {("listed", 7): 2, ("corner", 0): 1, ("lone", 0): 1}


async def test_a_process_that_has_not_heard_of_the_others_yet_does_not_make_the_count_smaller() -> None:
    """The one that knows more is believed."""
    async with processes(Process(listed={"here": [IDA]}), SECOND):
        assert await count_by_room() == {("listed", 7): 2, ("lone", 0): 1}


async def test_the_members_are_told_by_their_own_process() -> None:
    """Each tells its own, and all of them together are the room."""
    async with processes(FIRST, SECOND):
        assert await members_by_room() == {
            "listed": {"ann": ANN, "bob": BOB},
            "corner": {"ida": IDA},
            "lone": {"bob": BOB},
        }


async def test_without_an_answer_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(census, "RESPONSE_TIMEOUT", 0.01)
    assert (await count_by_room(), await members_by_room()) == ({}, {})
