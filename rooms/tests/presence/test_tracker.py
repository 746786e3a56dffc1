"""Presence as the members of a room are told of it."""

import asyncio

import pytest

from rooms.presence.tracker import NAMED_UP_TO, Look
from rooms.tests.presence.processes import GRACE, SOON, Process, Site
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.tests.helpers import settle


@pytest.fixture
async def alone(site: Site) -> Process:
    """A process with Ada."""
    return await site.open("ada")


@pytest.fixture
async def full(site: Site) -> Process:
    """A process with as many members as are named."""
    process = await site.open(*(f"m{number}" for number in range(NAMED_UP_TO)))
    await site.clock.advance(2)
    process.take()
    return process


async def test_a_member_with_three_connections_joins_with_the_first_and_leaves_with_the_last(site, alone):
    """The others are told with the count of members."""
    alone.enter("bob", "bob", "bob")
    assert alone.take() == [("joined", "bob", 2)]
    for _ in range(2):
        alone.leave("bob")
        await site.clock.advance(2 * GRACE)
    assert alone.written == []
    alone.leave("bob")
    await site.clock.advance(GRACE + SOON)
    assert alone.take() == [("left", "bob", 1)]


async def test_a_member_that_comes_back_within_the_grace_period_was_never_away(site, alone):
    """However often: neither the members nor the other processes are told."""
    for _ in range(3):
        alone.leave("ada")
        await site.clock.advance(GRACE - 0.1)
        alone.enter("ada")
    alone.enter("ada")
    alone.leave("ada")
    await site.clock.advance(GRACE + SOON)
    assert (alone.written, site.changes(), alone.members) == ([], [], {"ada"})
    alone.leave("ada")
    await site.clock.advance(GRACE + 0.1)
    alone.enter("ada")
    assert alone.take() == [("left", "ada", 0), ("joined", "ada", 1)]


async def test_a_guest_without_a_key_leaves_at_once(site, alone):
    """It cannot come back. With several connections it leaves with the last."""
    other = await site.open()
    alone.enter("bob", "bob")
    alone.take()
    alone.presence.leave("bob", may_return=False)
    assert alone.written == []
    alone.presence.leave("bob", may_return=False)
    assert alone.take() == [("left", "bob", 1)]
    assert not alone.presence.expects_somebody()
    await site.clock.advance(SOON)
    assert other.members == {"ada"}


async def test_a_restart_of_the_server_makes_no_member_leave(site, alone, monkeypatch):
    other = await site.open()
    monkeypatch.setattr(running_tasks(), "begun", True)
    alone.leave("ada")
    await site.clock.advance(GRACE + SOON)
    assert (site.changes(), other.members) == ([], {"ada"})


async def test_a_full_room_sends_one_count_a_second(site, full):
    """Names come again when it is not full any more."""
    for number in range(50):
        full.enter(f"x{number}")
        await site.clock.advance(0.1)
    await site.clock.advance(10)
    frames = full.take()
    assert {frame[0] for frame in frames} == {"count"}
    assert len(frames) <= 5
    assert frames[-1] == ("count", NAMED_UP_TO + 50)
    full.leave(*(f"x{number}" for number in range(49)))
    await site.clock.advance(GRACE + 2)
    assert full.take() == [("count", NAMED_UP_TO + 1)]
    full.leave("x49")
    await site.clock.advance(GRACE + 2)
    assert full.take() == [("left", "x49", NAMED_UP_TO)]


async def test_changes_since_a_look_are_told(site, alone):
    """A member that came and left again in between is not mentioned."""
    alone.enter("bob")
    before = alone.presence.look()
    alone.enter("eve", "mia")
    alone.leave("bob", "mia")
    await site.clock.advance(GRACE + SOON)
    assert [frame.messages[0]["text"] for frame in alone.presence.since(before)] == [
        '{"type":"joined","member":{"id":"eve","name":"EVE","guest":true},"count":3}',
        '{"type":"left","member":{"id":"bob","name":"BOB","guest":true},"count":2}',
    ]
    assert alone.presence.since(alone.presence.look()) == []


@pytest.mark.parametrize("change", [1, -1])
async def test_changes_of_a_full_room_are_told_by_the_next_count(site, full, change):
    full.enter("bob")
    await site.clock.advance(2)
    full.take()
    count = NAMED_UP_TO + 1
    look = full.presence.look()
    assert (look.count, len(look.people)) == (count, NAMED_UP_TO)
    before = Look(count - change, [], version=-1)
    assert full.presence.since(before) == full.presence.since(before) == []
    await site.clock.advance(1.1)
    assert full.take() == [("count", count)]
    assert full.presence.since(look) == []
    await site.clock.advance(1.1)
    assert full.written == []


@pytest.mark.parametrize("leaves_again", [False, True])
async def test_a_member_is_expected_until_it_is_back_or_gone(site, alone, leaves_again):
    assert not alone.presence.expects_somebody()
    alone.leave("ada")
    assert alone.presence.expects_somebody()
    waiting = asyncio.create_task(alone.presence.until_no_one_is_expected())
    await settle()
    alone.enter("ada")
    if leaves_again:
        alone.leave("ada")
    await settle()
    assert waiting.done() is not leaves_again
    await site.clock.advance(GRACE + SOON)
    assert waiting.done()
    assert not alone.presence.expects_somebody()


async def test_nothing_is_written_or_published_after_the_end(site, full):
    full.enter("bob")
    full.leave("bob")
    await full.presence.close()
    site.published.clear()
    await site.clock.advance(100)
    assert (full.written, site.published) == ([], [])
