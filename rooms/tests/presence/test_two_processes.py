"""Presence in two processes that a real Valkey connects."""

import asyncio
import json
import urllib.request
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from rooms.tests.wire import TIMEOUT, next_frame, refusal, two_servers
from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne, Server, Uvicorn

# A short grace period, and the places of a process that is gone are free soon.
QUICK = """
from rooms.presence import shared, store, tracker
from rtproject.websocket import redis_client
tracker.GRACE_SECONDS = redis_client.PAUSE_SECONDS = shared.RETRY_SECONDS = 0.2
store.LEASE_SECONDS, shared.RENEW_SECONDS, shared.REFILL_SECONDS = 5.0, 1.0, 3.0
"""
QuickDaphne = patched(Daphne, QUICK)

MAKE_ROOMS = """
from rooms.models import Room
Room.objects.create(name="small", member_limit=2)
"""


def guest(name):
    """The query of a guest that is the same member on each connection."""
    return {"name": name, "key": f"key-of-{name}".ljust(16, "-")}


class Guest:
    """A client of a room; `welcome` is its first frame."""

    def __init__(self, client, welcome):
        self.client = client
        self.welcome = welcome
        self.id = welcome["you"]["id"]
        self.names = sorted(person["name"] for person in welcome["members"])

    async def told(self):
        """Return the next presence frame: type, name and count."""
        async with asyncio.timeout(TIMEOUT):
            frame = json.loads(await self.client.recv())
        return frame["type"], frame["member"]["name"], frame["count"]


async def enter(stack, server, name, room="here", query=None):
    """Connect a guest until the end of the test."""
    client = await stack.enter_async_context(server.connect(f"/ws/{room}", query or guest(name)))
    return Guest(client, await next_frame(client))


@pytest.fixture(scope="module")
def two(new_site):
    """Two servers of one site, for all tests that leave them and their Valkey alone."""
    with two_servers(new_site, MAKE_ROOMS, QuickDaphne) as servers:
        yield servers


@pytest.fixture
async def stack():
    """Closes the clients of a test."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.mark.parametrize("room", ["lobby", "unlisted"])
async def test_members_of_both_processes_are_told_of_each_other(two, stack, room):
    first, second = two
    ada = await enter(stack, first, "ada", room)
    bob = await enter(stack, second, "bob", room)
    assert (bob.names, bob.welcome["count"]) == (["ada", "bob"], 2)
    assert await ada.told() == ("joined", "bob", 2)
    eve = await enter(stack, first, "eve", room)
    assert (eve.names, eve.welcome["count"]) == (["ada", "bob", "eve"], 3)
    assert await ada.told() == await bob.told() == ("joined", "eve", 3)
    await eve.client.close()
    assert await ada.told() == await bob.told() == ("left", "eve", 2)


async def test_a_member_limit_counts_all_processes(two, stack):
    """A member may connect once more anywhere, another one in neither process, until a seat is free."""
    first, second = two
    ada = await enter(stack, first, "ada", "small")
    bob = await enter(stack, first, "bob", "small")
    assert await ada.told() == ("joined", "bob", 2)
    for server in (second, first):  # the second one has no member yet
        assert await refusal(server.connect("/ws/small", guest("eve"))) == 4100
        await enter(stack, server, "ada", "small")
    await bob.client.close()
    assert await ada.told() == ("left", "bob", 1)
    eve = await enter(stack, first, "eve", "small")
    assert eve.names == ["ada", "eve"]


@pytest.mark.slow
async def test_the_places_of_a_killed_process_are_free_within_30_seconds(
    new_site, start_server, valkey, stack
):
    site = new_site(REDIS_URL=valkey.url)
    site.execute(MAKE_ROOMS)
    first, second = start_server(site=site), start_server(site=site)
    await enter(stack, first, "ada", "small")
    bob = await enter(stack, second, "bob", "small")
    assert await refusal(second.connect("/ws/small", guest("eve"))) == 4100
    first.kill()
    async with asyncio.timeout(30):
        await enter_when_open(stack, second, "eve", "small", 4100)
        assert {await bob.told(), await bob.told()} == {("left", "ada", 1), ("joined", "eve", 2)}


async def test_a_killed_process_takes_its_members_with_it(start_server, valkey, stack):
    first = start_server(QuickDaphne, REDIS_URL=valkey.url)
    second = start_server(QuickDaphne, site=first.site)
    bob = await enter(stack, second, "bob")
    for number, name in enumerate(("ada", "eve")):
        await enter(stack, first, name)
        assert await bob.told() == ("joined", name, number + 2)
    first.kill()
    kinds, names, counts = zip(*[await bob.told() for _ in range(2)], strict=True)
    assert (kinds, set(names), counts) == (("left", "left"), {"ada", "eve"}, (2, 1))


ENDINGS = {
    "daphne": (Daphne, Server.terminate),
    "daphne killed": (Daphne, Server.kill),
    "uvicorn": (Uvicorn, Server.terminate),
}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "end"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_members_that_come_back_after_a_restart_were_never_away(start_server, valkey, stack, kind, end):
    first = start_server(kind, REDIS_URL=valkey.url)
    second = start_server(site=first.site)
    bob = await enter(stack, second, "bob")
    for number, name in enumerate(("ada", "eve")):
        await enter(stack, first, name)
        assert await bob.told() == ("joined", name, number + 2)
    await asyncio.to_thread(end, first)
    again = await asyncio.to_thread(start_server, kind, site=first.site)
    for name in ("ada", "eve", "mia"):
        await enter(stack, again, name)
    assert await bob.told() == ("joined", "mia", 4)


@pytest.mark.slow
async def test_while_valkey_is_away_rooms_go_on_and_afterwards_all_know_of_each_other(
    new_site, start_server, valkey, stack
):
    """Only members that went have left then; no newcomer gets a place in a room with a limit meanwhile."""
    site = new_site(REDIS_URL=valkey.url)
    site.execute(MAKE_ROOMS)
    first = start_server(QuickDaphne, site=site)
    second = start_server(QuickDaphne, site=first.site)
    ada, bob = await enter(stack, first, "ada"), await enter(stack, second, "bob")
    eve = await enter(stack, first, "eve")
    assert [await ada.told(), await ada.told()] == [("joined", "bob", 2), ("joined", "eve", 3)]
    assert await bob.told() == ("joined", "eve", 3)
    await enter(stack, first, "ada", "small")
    await asyncio.to_thread(valkey.stop)
    assert await refusal(first.connect("/ws/small", guest("tom"))) == 4103
    await eve.client.close()
    assert await ada.told() == ("left", "eve", 2)
    await enter(stack, first, "tom")
    assert await ada.told() == ("joined", "tom", 3)
    await asyncio.to_thread(valkey.start)
    assert {await bob.told(), await bob.told()} in (
        {("joined", "tom", 4), ("left", "eve", 3)},
        {("left", "eve", 2), ("joined", "tom", 3)},
    )
    mia = await enter_when_open(stack, second, "mia")
    assert await ada.told() == await bob.told() == ("joined", "mia", 4)
    assert mia.names == ["ada", "bob", "mia", "tom"]


async def enter_when_open(stack, server, name, room="here", code=4103):
    """Connect a guest again as long as newcomers are denied with `code`, by default because of Redis."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            client = await stack.enter_async_context(server.connect(f"/ws/{room}", guest(name)))
            try:
                return Guest(client, await next_frame(client))
            except ConnectionClosed:
                assert client.close_code == code


async def test_the_list_of_rooms_counts_the_members_of_all_processes(start_server, new_site, valkey, stack):
    """A member of both is counted once. While the layer is away the counts are unknown."""

    async def counted(server, expected):
        address = server.http_url("/rooms/.live")
        async with asyncio.timeout(TIMEOUT):
            while True:
                rooms = json.loads(await asyncio.to_thread(lambda: urllib.request.urlopen(address).read()))[
                    "rooms"
                ]
                if {room["name"]: room["members"] for room in rooms} == expected:
                    return
                await asyncio.sleep(0.2)  # the list may be some seconds old

    site = new_site(REDIS_URL=valkey.url)
    first, second = start_server(site=site), start_server(site=site)
    for server, name in ((first, "ann"), (second, "ann"), (second, "bob")):
        await enter(stack, server, name, "lobby")
    for server in (first, second):
        await counted(server, {"lobby": 2, "VIP": 0})
    await asyncio.to_thread(valkey.stop)
    await counted(first, {"lobby": None, "VIP": None})
    assert "Traceback" not in first.log
