"""Who is in a room, when its members are in two processes that a real Valkey connects."""

import asyncio
import json
from contextlib import AsyncExitStack, ExitStack

import pytest

from rooms.tests.wire import ask, ending, next_frame, refusal
from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne, Server, Uvicorn
from rtproject.tests.support.valkey import Valkey

PATIENCE = 30.0  # seconds: running into it means that what a test waits for never comes

# Who goes is gone sooner, a silent process too, and an answer may take its time on a busy machine.
QUICK = """
from rooms.presence import backends as exchange
from rooms.presence import tracker as presence
presence.GRACE_SECONDS = 0.2
exchange.HEARTBEAT_SECONDS = 1.0
exchange.QUIET_SECONDS = exchange.SYNC_TIMEOUT = 0.5
"""
QuickDaphne = patched(Daphne, QUICK)

# A room for each test that needs a row: whoever left one a moment ago may still count in the next test.
MAKE_ROOMS = """
from rooms.models import Room
Room.objects.create(name="small", member_limit=2)
Room.objects.create(name="narrow", member_limit=2)
Room.objects.create(name="emptied")
"""
DISCONNECT = """
from rooms.models import Room
from rooms.enforcement import disconnect
disconnect(Room.objects.get(name="emptied"), {})
"""


def guest(name):
    """The query of a guest who is the same member whenever they come."""
    return {"name": name, "key": f"key-of-{name}".ljust(16, "-")}


class Guest:
    """A client of a room; `welcome` is its first frame."""

    def __init__(self, client, welcome):
        self.client = client
        self.welcome = welcome
        self.id = welcome["you"]["id"]
        self.names = sorted(person["name"] for person in welcome["members"])

    async def told(self):
        """What is told next about who is in the room: type, name and count."""
        async with asyncio.timeout(PATIENCE):
            frame = json.loads(await self.client.recv())
        return frame["type"], frame["member"]["name"], frame["count"]


async def enter(stack, server, name, room="here", query=None):
    """A guest who stays until the end of the test, or until their client is closed."""
    client = await stack.enter_async_context(server.connect(f"/ws/{room}", query or guest(name)))
    return Guest(client, await next_frame(client))


@pytest.fixture(scope="module")
def two(new_site):
    """Two servers of one site, for all tests that leave them and the Valkey between them alone."""
    with ExitStack() as stack:
        valkey = Valkey()
        stack.callback(valkey.kill)
        site = new_site(REDIS_URL=valkey.url)
        site.execute(MAKE_ROOMS)
        servers = []
        for _ in range(2):
            servers.append(QuickDaphne(site))
            stack.callback(servers[-1].terminate)
        yield servers


@pytest.fixture
async def stack():
    """Closes the clients of a test."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.mark.parametrize("room", ["lobby", "unlisted"])
async def test_everybody_is_told_about_everybody(two, stack, room):
    """A newcomer is welcomed with the members of both processes, and both are told who comes and goes."""
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


async def test_a_member_in_both_is_one(two, stack):
    """Nobody hears of the second connection, nor that one of the two was closed."""
    first, second = two
    ada = await enter(stack, first, "ada")
    bob = await enter(stack, second, "bob")
    assert await ada.told() == ("joined", "bob", 2)
    twin = await enter(stack, second, "ada")
    assert (twin.id, twin.names) == (ada.id, ["ada", "bob"])
    await ada.client.close()
    mia = await enter(stack, first, "mia")
    assert await bob.told() == await twin.told() == ("joined", "mia", 3)
    await mia.client.close()  # her grace is over after Ada's
    assert await bob.told() == await twin.told() == ("left", "mia", 2)
    await enter(stack, first, "eve")
    assert await bob.told() == await twin.told() == ("joined", "eve", 3)


async def test_who_comes_by_another_name_is_welcomed_by_it(two, stack):
    """Also where the other process still knows the former one."""
    first, second = two
    ada = await enter(stack, first, "ada", "hall")  # where no other test's members may still be
    countess = await enter(stack, second, "ada", "hall", guest("ada") | {"name": "Countess"})
    assert (countess.id, countess.names) == (ada.id, ["Countess"])


async def test_the_limit_of_a_room_counts_the_members_of_all_processes(two, stack):
    """A member may come in once more anywhere, a stranger nowhere, until somebody has left."""
    first, second = two
    ada = await enter(stack, first, "ada", "small")
    bob = await enter(stack, second, "bob", "small")
    assert await ada.told() == ("joined", "bob", 2)
    for server in two:
        assert await refusal(server.connect("/ws/small", guest("eve"))) == 4100
        await enter(stack, server, "ada", "small")
    await bob.client.close()
    assert await ada.told() == ("left", "bob", 1)
    eve = await enter(stack, first, "eve", "small")
    assert eve.names == ["ada", "eve"]


async def test_a_limit_holds_in_a_process_where_nobody_is_yet(two, stack):
    """It asks the others first."""
    first, second = two
    for name in ("ada", "bob"):
        await enter(stack, first, name, "narrow")
    assert await refusal(second.connect("/ws/narrow", guest("eve"))) == 4100


async def test_an_admin_disconnects_the_members_of_both(two, stack):
    """Whoever is in the room at that time; they may come back."""
    first, second = two
    guests = [
        await enter(stack, server, name, "emptied") for server, name in ((first, "mia"), (second, "tom"))
    ]
    ids = str([guest.id for guest in guests])
    await asyncio.to_thread(first.execute, DISCONNECT.replace("{}", ids))
    assert [await ending(guest.client) for guest in guests] == [([], 4008)] * 2
    back = await enter(stack, first, "mia", "emptied")
    assert await ask(back.client, {"type": "ping"}) == {"type": "pong"}


async def test_a_killed_process_takes_its_members_with_it(start_server, valkey, stack):
    """The others are told that they left."""
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


@pytest.mark.parametrize(("kind", "end"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_a_restart_fills_no_room_with_who_left_and_came_back(start_server, valkey, stack, kind, end):
    """Members who come back to the new process were never away, as far as anybody else is told."""
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


async def test_after_a_restart_of_valkey_the_lists_are_right(start_server, valkey, stack):
    """Who went meanwhile has left, and nobody else has: it was the layer that was silent."""
    first = start_server(QuickDaphne, REDIS_URL=valkey.url)
    second = start_server(QuickDaphne, site=first.site)
    ada, bob = await enter(stack, first, "ada"), await enter(stack, second, "bob")
    eve = await enter(stack, first, "eve")
    assert [await ada.told(), await ada.told()] == [("joined", "bob", 2), ("joined", "eve", 3)]
    assert await bob.told() == ("joined", "eve", 3)
    await asyncio.to_thread(valkey.stop)
    await eve.client.close()
    assert await ada.told() == ("left", "eve", 2)
    await asyncio.to_thread(valkey.start)
    assert await bob.told() == ("left", "eve", 2)
    mia = await enter_when_open(stack, second, "mia")
    assert await ada.told() == await bob.told() == ("joined", "mia", 3)
    assert mia.names == ["ada", "bob", "mia"]


async def enter_when_open(stack, server, name):
    """A guest who comes again as long as the layer is out of reach for newcomers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            client = await stack.enter_async_context(server.connect("/ws/here", guest(name)))
            try:
                return Guest(client, await next_frame(client))
            except Exception:
                assert client.close_code == 4103
