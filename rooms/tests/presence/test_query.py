"""Questions to the presence of all processes."""

from types import SimpleNamespace
from typing import Any

from rooms.presence import query
from rooms.presence.query import GROUP, PresenceResponder, count_by_room, members_by_room
from rooms.presence.state import HERE, PresenceState
from rooms.protocol import Person
from rtproject.websocket.groups.registry import current_registry

ANN, BOB, IDA = (Person(name.lower(), name, guest=True) for name in ("Ann", "Bob", "Ida"))


async def answer(**rooms: dict[str, list[Person]]) -> None:
    """Add a process that knows these members in its rooms, by process."""
    presences: list[Any] = []
    for key, places in rooms.items():
        state = PresenceState()
        for place, people in places.items():
            state.enter(HERE if place == "here" else place, people)
        presences.append(SimpleNamespace(key=key, row=7 if key == "listed" else 0, state=state))
    await current_registry().join(GROUP, PresenceResponder(presences))


async def test_a_member_of_several_processes_is_counted_and_named_once():
    """A process that does not know the others yet makes no count smaller."""
    await answer(listed={"here": [ANN], "second": [BOB, ANN]}, corner={"here": [IDA]})
    await answer(listed={"here": [BOB, ANN], "first": [ANN]}, lone={"here": [BOB]})
    await answer(listed={"here": [ANN]})
    assert await count_by_room() == {("listed", 7): 2, ("corner", 0): 1, ("lone", 0): 1}
    expected = {"listed": {"ann": ANN, "bob": BOB}, "corner": {"ida": IDA}, "lone": {"bob": BOB}}
    assert await members_by_room() == expected


async def test_without_an_answer_the_rooms_are_empty(monkeypatch):
    monkeypatch.setattr(query, "RESPONSE_TIMEOUT", 0.01)
    assert (await count_by_room(), await members_by_room()) == ({}, {})
