"""One site in two processes that a real Valkey connects: messages, changes, and coming back."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from rooms.tests.wire import SECRET, ask, ending, next_frame, two_servers

MAKE_ROOMS = """
from rooms.models import Room
for name in ("changed", "deleted"):
    room = Room(name=name)
    room.set_password("secret123")
    room.save()
Room.objects.create(name="missed")
"""
CHANGE_PASSWORD = """
from rooms.models import Room
room = Room.objects.get(name="changed")
room.set_password("other")
room.save()
"""
DELETE = "from rooms.models import Room; Room.objects.filter(name='deleted').delete()"
CREATE = "from rooms.models import Room; Room.objects.create(name='Listed')"
KEY = "a-key-of-a-program"


@pytest.fixture(scope="module")
def two(new_site):
    """Two servers of one site without limits, for all tests."""
    with two_servers(new_site, MAKE_ROOMS, WEBSOCKETS_PER_ADDRESS=0, ROOMS_MESSAGE_RATE=0) as servers:
        yield servers


@asynccontextmanager
async def member(server, room, **query):
    """A client in a room, and its welcome."""
    async with server.connect(f"/ws/{room}", query) as client:
        yield client, await next_frame(client)


async def test_members_of_both_processes_share_rooms(two):
    first, second = two
    async with (
        member(first, "Here", key=KEY) as (ada, welcome),
        member(second, "here") as (bob, _),
        member(second, "a") as (eve, _),
        member(second, "here", key=KEY) as (_, other),
    ):
        assert welcome["you"]["id"] == other["you"]["id"]
        for sender, receiver in ((ada, bob), (bob, ada)):
            message = await ask(sender, "hi")
            assert message["text"] == "hi"
            assert await next_frame(receiver) == message
        assert await ask(eve, {"type": "ping"}) == {"type": "pong"}


CHANGES = {
    "password": ("changed", CHANGE_PASSWORD, 4009),
    "deleted": ("deleted", DELETE, 4004),
    "listed": ("listed", CREATE, 4200),
}


@pytest.mark.parametrize(("room", "change", "code"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_by_a_third_process_reaches_the_members_of_both(two, room, change, code):
    first, second = two
    async with member(first, room, **SECRET) as (ada, _), member(second, room, **SECRET) as (bob, _):
        await asyncio.to_thread(first.execute, change)
        assert await ending(ada) == await ending(bob) == ([], code)


async def test_the_others_are_told_who_is_writing(two):
    """Once, though both connections of the member say so, and neither is told itself."""
    first, second = two
    async with (
        member(first, "written", key=KEY) as (ada, welcome),
        member(second, "written", key=KEY) as (too, _),
        member(second, "written") as (bob, _),
    ):
        assert (await ask(ada, "one"))["text"] == (await next_frame(too))["text"] == "one"
        assert (await next_frame(bob))["text"] == "one"
        await ada.send('{"type": "typing"}')
        assert await next_frame(bob) == {"type": "typing", "member": welcome["you"]}
        await too.send('{"type": "typing"}')
        assert (await ask(too, "two"))["text"] == (await next_frame(bob))["text"] == "two"
        assert (await next_frame(ada))["text"] == "two"


async def test_a_member_comes_back_in_the_other_process(two):
    """It gets the messages that it missed, and posting again under an id is a repeat there."""
    first, second = two
    hi = {"type": "say", "text": "hi", "id": "7"}
    async with member(second, "missed") as (other, _):
        async with member(first, "missed", key=KEY) as (client, welcome):
            assert (await ask(client, hi))["seq"] == (await next_frame(other))["seq"] == 1
        for text in ("missed", "too"):
            await ask(other, text)
        query = {"since": "1", "epoch": welcome["epoch"], "key": KEY}
        async with member(second, "missed", **query) as (client, again):
            assert (again["epoch"], again["seq"], again["recovered"]) == (welcome["epoch"], 3, True)
            assert [(await next_frame(client))["text"] for _ in range(2)] == ["missed", "too"]
            assert await ask(client, hi) == {"type": "said", "id": "7", "seq": 1}
        assert await ask(other, {"type": "ping"}) == {"type": "pong"}
