"""Presence as the members of a room are told of it."""

import asyncio

import pytest

from rooms.presence.tracker import NAMED_UP_TO, Look
from rooms.protocol import Person
from rooms.tests.presence.conftest import GRACE
from rooms.tests.presence.processes import Clock, Process
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.throttling.rates import Rate


@pytest.fixture
async def alone(clock: Clock) -> Process:
    """A process with Ada."""
    process = Process()
    await process.enter("ada")
    process.take()
    return process


@pytest.fixture
async def full(clock: Clock) -> Process:
    """A process with as many members as are named."""
    process = Process()
    await process.enter(*(f"m{number}" for number in range(NAMED_UP_TO)))
    await clock.advance(2)
    process.take()
    return process


async def test_a_member_with_three_connections_joins_with_the_first_and_leaves_with_the_last(clock, alone):
    """The others are told with the count of members."""
    await alone.enter("bob", "bob", "bob")
    assert alone.take() == [("joined", "bob", 2)]
    for _ in range(2):
        alone.leave("bob")
        await clock.advance(2 * GRACE)
    assert alone.written == []
    alone.leave("bob")
    await clock.advance(GRACE)
    assert alone.take() == [("left", "bob", 1)]


async def test_a_member_that_comes_back_within_the_grace_period_was_never_away(clock, alone):
    """However often."""
    for _ in range(3):
        alone.leave("ada")
        await clock.advance(GRACE - 0.1)
        await alone.enter("ada")
    await alone.enter("ada")
    alone.leave("ada")
    await clock.advance(GRACE)
    assert (alone.written, alone.members) == ([], {"ada"})
    alone.leave("ada")
    await clock.advance(GRACE + 0.1)
    await alone.enter("ada")
    assert alone.take() == [("left", "ada", 0), ("joined", "ada", 1)]


async def test_a_guest_without_a_key_leaves_at_once(clock, alone):
    """It cannot come back. With several connections it leaves with the last."""
    await alone.enter("bob", "bob")
    alone.take()
    alone.leave("bob", may_return=False)
    assert alone.written == []
    alone.leave("bob", may_return=False)
    assert alone.take() == [("left", "bob", 1)]
    assert not alone.presence.expects_somebody()


async def test_a_restart_of_the_server_makes_no_member_leave(clock, alone, monkeypatch):
    monkeypatch.setattr(running_tasks(), "begun", True)
    alone.leave("ada")
    await clock.advance(GRACE + 1)
    assert (alone.written, alone.members) == ([], {"ada"})


async def test_a_full_room_sends_one_count_a_second(clock, full):
    """Names come again when it is not full any more."""
    for number in range(50):
        await full.enter(f"x{number}")
        await clock.advance(0.1)
    await clock.advance(10)
    frames = full.take()
    assert {frame[0] for frame in frames} == {"count"}
    assert len(frames) <= 5
    assert frames[-1] == ("count", NAMED_UP_TO + 50)
    full.leave(*(f"x{number}" for number in range(49)))
    await clock.advance(GRACE + 2)
    assert full.take() == [("count", NAMED_UP_TO + 1)]
    full.leave("x49")
    await clock.advance(GRACE + 2)
    assert full.take() == [("left", "x49", NAMED_UP_TO)]


async def test_changes_since_a_look_are_told(clock, alone):
    """A member that came and left again in between is not mentioned."""
    await alone.enter("bob")
    before = alone.presence.look()
    await alone.enter("eve", "mia")
    alone.leave("bob", "mia")
    await clock.advance(GRACE)
    assert [frame.messages[0]["text"] for frame in alone.presence.since(before)] == [
        '{"type":"left","member":{"id":"bob","name":"BOB","guest":true},"count":1}',
        '{"type":"joined","member":{"id":"eve","name":"EVE","guest":true},"count":2}',
    ]
    assert alone.presence.since(alone.presence.look()) == []


@pytest.mark.parametrize("change", [1, -1])
async def test_changes_of_a_full_room_are_told_by_the_next_count(clock, full, change):
    await full.enter("bob")
    await clock.advance(2)
    full.take()
    count = NAMED_UP_TO + 1
    look = full.presence.look()
    assert (look.count, len(look.people)) == (count, NAMED_UP_TO)
    before = Look(count - change, [], version=-1)
    assert full.presence.since(before) == full.presence.since(before) == []
    await clock.advance(1.1)
    assert full.take() == [("count", count)]
    assert full.presence.since(look) == []
    await clock.advance(1.1)
    assert full.written == []


@pytest.mark.parametrize("leaves_again", [False, True])
async def test_a_member_is_expected_until_it_is_back_or_gone(clock, alone, leaves_again):
    assert not alone.presence.expects_somebody()
    alone.leave("ada")
    assert alone.presence.expects_somebody()
    waiting = asyncio.create_task(alone.presence.until_no_one_is_expected())
    await settle()
    await alone.presence.enter(Person("ada", "ADA", guest=True))
    if leaves_again:
        alone.leave("ada")
    await settle()
    assert waiting.done() is not leaves_again
    await clock.advance(GRACE)
    assert waiting.done()
    assert not alone.presence.expects_somebody()


async def test_nothing_is_written_after_the_end(clock, full):
    await full.enter("bob")
    full.leave("bob")
    await full.presence.close()
    await clock.advance(100)
    assert full.written == []


async def test_a_member_limit_holds_in_a_process_by_itself(alone):
    """For new members, of whichever address; it may be lowered below the number of those inside."""
    assert await alone.enter("bob", "eve", "bob", limit=2) == [True, False, True]
    assert await alone.enter("ada", "bob", "eve", limit=0) == [True, True, False]
    alone.leave_all()
    assert await alone.enter("eve", limit=1) == [True]


async def test_one_address_gets_its_number_of_places_in_a_room_with_a_limit(alone, settings):
    settings.ROOMS_ADDRESS_PLACES = 2
    mine = {"limit": 9, "address": "192.0.2.1"}
    assert await alone.enter("a", "b", "c", "a", **mine) == [True, True, False, True]
    assert await alone.enter("d", limit=9, address="192.0.2.2") == [True]
    assert await alone.enter("e", address="192.0.2.1") == [True]
    settings.ROOMS_ADDRESS_RATE = Rate(0, 1.0)
    assert await alone.enter("f", **mine) == [True]


async def test_from_the_eleventh_a_second_on_those_of_one_address_are_only_counted(clock, alone):
    """Comings and goings; those of others are told."""
    flood = [f"f{number}" for number in range(6)]
    await alone.enter(*flood, address="192.0.2.1")
    alone.leave(*flood, may_return=False)
    await alone.enter("bob", address="192.0.2.2")
    frames = alone.take()
    assert [frame[:2] for frame in frames] == [
        *(("joined", member) for member in flood),
        *(("left", member) for member in flood[:4]),
        ("joined", "bob"),
    ]
    assert frames[-1] == ("joined", "bob", 2)
    await clock.advance(1.1)
    assert alone.take() == [("count", 2)]
