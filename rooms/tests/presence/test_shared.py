"""The members of one room in several processes that a real Valkey connects, whatever becomes of any of them."""

import asyncio
import unicodedata

import pytest
from django.dispatch import Signal

from rooms.presence import shared, store, tracker
from rooms.presence.tracker import count_by_row, members_of
from rooms.protocol import Person
from rooms.signals import member_joined, member_left
from rooms.tests.presence.processes import Process, Site
from rooms.tests.support import TIMEOUT, until
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_client import RedisClient
from rtproject.websocket.throttling.rates import Rate

NAMES = [f"m{number}" for number in range(10)]
RIGHTS = ["+@connection", "+@scripting", "+@hash", "+@sortedset", "+get", "+set", "+pexpire", "+time"]


async def ask(*command):
    """Send a command to Valkey; return its answer."""
    return await store._clients()[0].ask(*command)


@pytest.fixture
async def two(site: Site) -> tuple[Process, Process]:
    """Two processes, with Ada in the first and Bob in the second."""
    return await site.open("ada"), await site.open("bob")


async def test_the_members_of_all_processes_are_known_and_told(two):
    """A newcomer is not told of itself before it is in, and the count is the one after each change."""
    first, second = two
    await second.enter("eve")
    assert second.take() == await first.told() == [("joined", "eve", 3)]
    assert first.members == second.members == {"ada", "bob", "eve"}
    second.leave("eve", "bob", may_return=False)
    assert sorted(await first.told(2)) == sorted(await second.told(2)) != []
    assert first.members == {"ada"}


async def test_a_member_of_two_processes_is_one_and_leaves_with_the_last(two):
    """Its latest name counts, whatever characters it has."""
    first, second = two
    name = unicodedata.normalize("NFC", 'Zoë|"\\/,% \u2029 👩‍💻')
    await second.enter("ada", name=name)
    await until(lambda: first.presence.state.members["ada"].name == name)
    assert [person.name for person in await members_of(1) if person.id == "ada"] == [name]
    first.leave("ada", may_return=False)
    await second.enter("eve")
    assert await first.told() == [("joined", "eve", 3)]
    second.leave("ada", may_return=False)
    assert await first.told() == [("left", "ada", 2)]


async def test_of_ten_that_come_together_to_two_processes_five_get_the_five_places(site):
    """Those that are inside need no second place, and a place that was left can be taken."""
    first, second = await site.open(), await site.open()
    entered = await asyncio.gather(first.enter(*NAMES[::2], limit=5), second.enter(*NAMES[1::2], limit=5))
    assert sum(map(sum, entered)) == 5
    await until(lambda: first.members == second.members)
    members = sorted(first.members)
    assert len(members) == 5
    for process in (first, second):
        assert await process.enter(*members, "late", limit=5) == [True] * 5 + [False]
        process.leave_all()
    await until(lambda: not second.members)
    assert await second.enter(*NAMES[:6], limit=5) == [True] * 5 + [False]


async def test_one_address_gets_its_number_of_places_in_all_processes(two, settings):
    """In a room with a limit; no one else is affected, and all of it can be switched off."""
    first, second = two
    settings.ROOMS_ADDRESS_PLACES = 3
    mine = {"limit": 9, "address": "192.0.2.1"}
    assert await first.enter("a", "b", **mine) == [True, True]
    assert await second.enter("c", "d", **mine) == [True, False]
    assert await second.enter("d", limit=9, address="192.0.2.2") == [True]
    assert await second.enter("e", address="192.0.2.1") == [True]
    settings.ROOMS_ADDRESS_RATE = Rate(0, 1.0)
    assert await first.enter("f", **mine) == [True]


async def test_those_of_one_address_that_come_and_go_in_numbers_are_only_counted_everywhere(two):
    first, second = two
    await first.enter(*NAMES, "late", address="192.0.2.1")
    for process in two:
        assert (await process.told(11))[10:] == [("count", 13)]
    first.leave("late", may_return=False)
    assert await second.told() == [("count", 12)]


async def test_an_unlisted_room_and_a_listed_one_of_its_name_share_no_members(site, two):
    unlisted = await site.open("eve", row=0)
    other = await site.open("mia", "tom", key="other", row=0)
    assert (two[0].members, unlisted.members, other.members) == ({"ada", "bob"}, {"eve"}, {"mia", "tom"})
    assert await count_by_row() == {1: 2, 0: 3}
    assert {person.id for person in await members_of(1)} == {"ada", "bob"}


async def test_what_a_killed_process_held_is_over_with_its_lease(site, two):
    """One `left` for each of its members that is in no other process, and the places are free."""
    first, second = two
    third = await site.open("mia")
    await first.enter("eve")
    await third.enter("eve", limit=4)
    assert await second.told() == [("joined", "eve", 4)]
    assert await second.enter("tom", limit=4) == [False]
    site.kill(first)
    assert await second.told() == [("left", "ada", 3)]
    await until(lambda: third.members == {"bob", "mia", "eve"})
    assert await second.enter("tom", limit=4) == [True]
    assert [frame for frame in third.take() if frame[0] == "left"] == [("left", "ada", 3)]
    assert second.take() == [("joined", "tom", 4)]


async def test_what_all_processes_are_told_is_signaled_once(site, two, monkeypatch):
    """By the one that makes the change or finds out about it."""
    signaled: list[tuple[Signal, str, str]] = []

    def note(signal: Signal, room: str, member: Person) -> None:
        signaled.append((signal, room, member.id))

    monkeypatch.setattr(tracker, "emit", note)
    first, second = two
    await second.enter("ada", "eve")
    await first.told()
    second.leave("eve", may_return=False)
    await first.told()
    second.leave("ada", may_return=False)
    site.kill(first)
    assert ("left", "ada", 1) in await second.told(3)
    kinds = [(member_joined, "eve"), (member_left, "eve"), (member_left, "ada")]
    assert [(signal, member) for signal, _, member in signaled] == kinds


async def test_a_room_of_killed_processes_is_forgotten(site, two):
    for process in two:
        site.kill(process)
    async with asyncio.timeout(TIMEOUT):
        while await ask("KEYS", "*"):  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.02)
    assert await count_by_row() == {}
    assert (await site.open()).members == set()


async def test_lost_events_are_made_up_for(site, two):
    """Also without any later one."""
    first, second = two
    site.loses = lambda tags: True
    await second.enter("eve")
    second.leave("bob", may_return=False)
    await until(lambda: first.members == {"ada", "eve"})
    assert sorted(frame[:2] for frame in first.take()) == [("joined", "eve"), ("left", "bob")]


async def test_events_in_another_order_are_told_in_theirs(site, two):
    """One that was forged keeps no one from anything."""
    first, second = two
    site.keeping = True
    for _ in range(2):
        await second.enter("eve")
        second.leave("eve", may_return=False)
        await until(lambda: "eve" not in second.members)
    first.presence.handle({"presence": "1", "changes": [[10**15, "[]", ["ada"], []]]})
    site.release()
    await second.enter("mia")
    await until(lambda: "mia" in first.members)
    assert first.take()[-1] == ("joined", "mia", 3)
    assert first.members == {"ada", "bob", "mia"}


async def test_an_emptied_redis_is_filled_again(site, two):
    """Only a member that went meanwhile is told to have left, and no place is given to two."""
    first, second = two
    await ask("FLUSHALL")
    first.leave("ada", may_return=False)
    await first.enter("eve")
    with pytest.raises(LayerUnavailable):
        await first.enter("mia", limit=3)
    for process in two:
        assert sorted(frame[:2] for frame in await process.told(2)) == [("joined", "eve"), ("left", "ada")]
    await until(second.presence._presence._is_complete)
    assert {person.id for person in await members_of(1)} == {"bob", "eve"}
    assert await second.enter("mia", "tom", limit=3) == [True, False]
    assert second.take() == await first.told() == [("joined", "mia", 3)]


async def test_while_redis_is_away_only_rooms_without_a_limit_admit_newcomers(site, two, valkey):
    """In each process by itself; afterwards all know of each other."""
    first, second = two
    await asyncio.to_thread(valkey.stop)
    with pytest.raises(LayerUnavailable):
        await first.enter("tom", limit=9)
    assert await first.enter("ada", limit=9) == [True]
    assert await first.enter("eve") == [True]
    assert first.take() == [("joined", "eve", 3)]
    second.leave("bob", may_return=False)
    assert await second.told() == [("left", "bob", 1)]
    with pytest.raises(LayerUnavailable):
        await count_by_row()
    await asyncio.to_thread(valkey.start)
    await until(lambda: first.members == second.members == {"ada", "eve"})
    assert await first.told() == [("left", "bob", 2)]
    assert second.take() == [("joined", "eve", 2)]


async def test_a_clock_that_is_set_back_keeps_no_place_for_ever(site, two):
    """A lease that is to end later than one that begins now ends as early."""
    await ask("ZADD", store._key("1") + ":leases", 10**14, "gone")
    await ask("HSET", store._key("1"), "eve", 'gone,||{"id":"eve","name":"EVE","guest":true}')
    third = await site.open()
    assert third.members == {"ada", "bob", "eve"}
    await until(lambda: third.members == {"ada", "bob"})


async def test_a_user_of_redis_needs_few_rights(site, valkey, settings):
    await ask("ACL", "SETUSER", "site", "on", ">secret", f"~{settings.REDIS_PREFIX}:*", *RIGHTS)
    await store.close()
    settings.REDIS_URLS = [valkey.url.replace("://", "://site:secret@")]
    store._clients()[0] = RedisClient(settings.REDIS_URLS[0], "asking")
    first, second = await site.open("ada"), await site.open("bob")
    first.leave("ada", may_return=False)
    assert await second.told() == [("left", "ada", 1)]
    assert await count_by_row() == {1: 1}
    assert len(await members_of(1)) == 1


async def test_redis_learns_no_address_and_no_name_of_an_unlisted_room(site):
    process = await site.open(row=0, key="secret-meeting")
    await process.enter("ada", address="192.0.2.1")
    kept = [
        await ask("HGETALL", key)
        for key in await ask("KEYS", "*:unlisted-*")
        if not key.endswith((b"s", b"n"))
    ]
    assert kept
    assert b"192.0" not in repr(kept).encode()
    assert not any(b"meeting" in key for key in await ask("KEYS", "*"))


async def test_several_redis_share_the_rooms(site, settings, valkey):
    settings.REDIS_URLS = [valkey.url, valkey.url.replace("/0", "/1")]
    store._clients().append(RedisClient(settings.REDIS_URLS[1], "asking"))
    for row in range(1, 9):
        await site.open("ada", row=row)
    assert await count_by_row() == dict.fromkeys(range(1, 9), 1)
    assert all([await client.ask("DBSIZE") for client in store._clients()])


async def test_many_changes_are_told_together(site, two, monkeypatch):
    """And all of those that come are given their places."""
    first, second = two
    events = []
    monkeypatch.setattr(shared, "GATHER_SECONDS", 0.2)
    site.loses = lambda tags: events.append(tags) or False  # type: ignore[func-returns-value]
    await first.enter(*NAMES * 5)
    await until(lambda: len(second.members) == 12)
    assert len(events) <= 3
