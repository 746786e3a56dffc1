"""The members of one room in several processes, whatever becomes of events and processes."""

import pytest
from channels.layers import get_channel_layer

from rooms.presence import backends
from rooms.presence.backends import GATHER_SECONDS
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import Person
from rooms.tests.presence.processes import ONE_HEARTBEAT, SOON, Process, Site

GONE_WITHIN = 25.0  # seconds after a process last sent anything; 30 are promised


@pytest.fixture
async def two(site: Site) -> tuple[Process, Process]:
    """Two processes, with Ada in the first and Bob in the second."""
    return await site.open("ada"), await site.open("bob")


async def test_without_a_shared_layer_nothing_is_published():
    alone = PresenceTracker("room", 1, lambda frame: None)
    await alone.begin()
    for number in range(10):
        alone.enter(Person(str(number), "A", guest=True))
    assert len(alone.state) == 10
    await alone.close()
    assert get_channel_layer().groups == {}


async def test_many_changes_are_published_together(site, two):
    first, second = two
    for number in range(100):
        first.enter(f"m{number}")
        await site.clock.advance(0.01)
    await site.clock.advance(SOON)
    assert len(second.members) == 102
    assert len(site.published) <= 1 / GATHER_SECONDS + 2


async def test_an_unlisted_room_and_a_listed_one_of_its_name_share_no_members(site):
    listed, unlisted = await site.open("ada", room=1), await site.open("bob", room=0)
    await site.clock.advance(ONE_HEARTBEAT)
    assert (listed.members, unlisted.members) == ({"ada"}, {"bob"})


async def test_a_silent_process_takes_its_members_with_it_in_time(site, two):
    """Not before several heartbeats are missing; when it comes back, so do they. One that is closed does at once."""
    first, second = two
    await site.clock.advance(backends.HEARTBEAT_SECONDS)
    site.cut_off.add(first.name)
    await site.clock.advance(backends.HEARTBEAT_SECONDS)
    assert second.members == {"ada", "bob"}
    await site.clock.advance(GONE_WITHIN - backends.HEARTBEAT_SECONDS)
    assert second.take() == [("left", "ada", 1)]
    site.cut_off.clear()
    await site.clock.advance(ONE_HEARTBEAT)
    assert second.take() == [("joined", "ada", 2)]
    await first.presence.close()
    assert second.take() == [("left", "ada", 1)]


async def test_a_silent_layer_takes_no_members_with_it(site, two):
    first, second = two
    site.away = True
    first.enter("eve")
    await site.clock.advance(100)
    site.away = False
    await site.clock.advance(ONE_HEARTBEAT)
    assert first.take() == second.take() == [("joined", "eve", 3)]
    site.loses = lambda tags: True
    await site.clock.advance(100)
    assert second.members == {"ada", "bob", "eve"}
