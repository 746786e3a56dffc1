"""One site in several processes, connected by a real Valkey."""

import asyncio
from contextlib import ExitStack

import pytest

from rooms.tests.wire import SECRET, ask, ending, next_frame, refusal
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.valkey import Valkey

MAKE_ROOMS = """
from rooms.models import Room
for name in ("changed", "deleted"):
    room = Room(name=name)
    room.set_password("secret123")
    room.save()
"""
CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name="changed")
room.set_password("other")
room.save()
"""
DELETE = "from rooms.models import Room; Room.objects.filter(name='deleted').delete()"
CREATE = "from rooms.models import Room; Room.objects.create(name='Listed')"


@pytest.fixture(scope="module")
def two(new_site):
    """Two servers of one site, for all tests that leave the Valkey between them alone."""
    with ExitStack() as stack:
        valkey = Valkey()
        stack.callback(valkey.kill)
        site = new_site(REDIS_URL=valkey.url)
        site.execute(MAKE_ROOMS)
        servers = []
        for _ in range(2):
            servers.append(Daphne(site))
            stack.callback(servers[-1].terminate)
        yield servers


async def test_members_of_both_share_rooms(two):
    """What is said in one process is heard in the other, as the same message."""
    first, second = two
    async with (
        first.connect("/ws/Here") as ada,
        second.connect("/ws/here") as bob,
        second.connect("/ws/a") as eve,
    ):
        for client in (ada, bob, eve):
            assert (await next_frame(client))["type"] == "welcome"
        for speaker, subscriber in ((ada, bob), (bob, ada)):
            message = await ask(speaker, "hi")
            assert message["text"] == "hi"
            assert await next_frame(subscriber) == message
        assert await ask(eve, {"type": "ping"}) == {"type": "pong"}


async def test_a_member_is_the_same_one_in_both(two):
    """A member's id depends on neither process nor connection."""
    first, second = two
    key = {"key": "a-key-of-a-program"}
    async with first.connect("/ws/lobby", key) as one, second.connect("/ws/lobby", key) as other:
        assert (await next_frame(one))["you"]["id"] == (await next_frame(other))["you"]["id"]


CHANGES = {
    "password": ("/ws/changed", CHANGE_PASSWORD, 4009),
    "deleted": ("/ws/deleted", DELETE, 4004),
    "listed": ("/ws/listed", CREATE, 4200),
}


@pytest.mark.parametrize(("path", "change", "code"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_by_another_process_reaches_the_members_of_both(two, path, change, code):
    """A management command is told of nowhere else, and closes members of both servers."""
    first, second = two
    async with first.connect(path, SECRET) as ada, second.connect(path, SECRET) as bob:
        await next_frame(ada)
        await next_frame(bob)
        await asyncio.to_thread(first.execute, change)
        assert await ending(ada) == ([], code)
        assert await ending(bob) == ([], code)


@pytest.fixture
async def talking(start_server, valkey):
    """A member of an unlisted room in each of two processes with a Valkey of the test's own; the first process, too."""
    first = start_server(REDIS_URL=valkey.url)
    second = start_server(site=first.site)
    async with first.connect("/ws/here") as ada, second.connect("/ws/here") as bob:
        await next_frame(ada)
        await next_frame(bob)
        yield ada, bob, first


async def test_while_valkey_is_away_an_unlisted_room_hears_nothing_and_nobody_enters(talking, valkey):
    """The sender is told, newcomers see 4103, who is inside stays, and later everything works again."""
    ada, bob, first = talking
    await asyncio.to_thread(valkey.stop)
    error = await ask(ada, {"type": "say", "text": "hi", "id": "7"})
    assert (error["code"], error["id"]) == ("unavailable", "7")
    assert await refusal(first.connect("/ws/elsewhere")) == 4103
    await asyncio.to_thread(valkey.start)
    assert await _say_until_heard(ada, bob) == "again"
    async with first.connect("/ws/elsewhere") as client:
        assert (await next_frame(client))["type"] == "welcome"


async def test_a_valkey_that_stands_still_is_away_too(talking, valkey):
    """The sender is told, and later everything works again; what was said may come late, or not at all."""
    ada, bob, _ = talking
    valkey.pause()
    error = await ask(ada, {"type": "say", "text": "again", "id": "7"})
    assert (error["code"], error["id"]) == ("unavailable", "7")
    valkey.resume()
    assert await _say_until_heard(ada, bob) == "again"


async def _say_until_heard(speaker, subscriber) -> str:
    """Says "again" until the subscriber hears it: both processes find their way back to Valkey in their own time."""
    heard = asyncio.create_task(next_frame(subscriber))
    while not heard.done():
        await speaker.send("again")
        await asyncio.wait({heard}, timeout=0.2)
    return (await heard)["text"]
