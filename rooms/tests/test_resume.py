"""Coming back over real sockets: to another process, while messages pour in, without Redis."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from rooms.tests.wire import ask, next_frame
from rtproject.tests.support.servers import Daphne

MAKE_ROOM = """
from rooms.models import Room
Room.objects.create(name={name!r}, history_size={size})
"""
PATIENCE = 30.0  # seconds: running into it means that what a test waits for never comes


@pytest.fixture
def two(start_server, new_site, valkey):
    """Two servers of one site, connected by a Valkey; nobody is limited."""
    site = new_site(REDIS_URL=valkey.url, WEBSOCKETS_PER_ADDRESS=0, ROOMS_MESSAGE_RATE=0)
    return [start_server(site=site) for _ in range(2)]


@asynccontextmanager
async def member(server, room="lobby", **query):
    """A client in a room, and its welcome."""
    async with server.connect(f"/ws/{room}", query) as client:
        yield client, await next_frame(client)


async def seqs(client, last):
    """The numbers of the messages that come, up to `last`."""
    found: list[int] = []
    async with asyncio.timeout(PATIENCE):
        while not found or found[-1] < last:
            frame = await next_frame(client)
            assert frame["type"] == "message"
            found.append(frame["seq"])
    return found


async def test_what_was_missed_comes_from_another_process(two):
    """Who was connected to one process and resumes at the other gets exactly what was said meanwhile."""
    first, second = two
    async with member(first) as (client, welcome):
        assert (await ask(client, "seen"))["seq"] == 1
    async with member(second) as (speaker, _):
        await next_frame(speaker)
        for text in ("missed", "too"):
            await ask(speaker, text)
    async with member(second, since="1", epoch=welcome["epoch"]) as (client, again):
        assert (again["epoch"], again["seq"], again["recovered"]) == (welcome["epoch"], 3, True)
        assert [(await next_frame(client))["text"] for _ in range(2)] == ["missed", "too"]
        assert (await ask(client, {"type": "ping"})) == {"type": "pong"}


async def test_what_was_said_is_not_said_twice(two):
    """The same id again, at another process: the sender learns its number, and nobody else anything."""
    first, second = two
    key = "a-key-of-a-program"
    frame = {"type": "say", "text": "hi", "id": "7"}
    async with member(first, key=key) as (client, _), member(second) as (other, _):
        assert (await ask(client, frame))["seq"] == (await next_frame(other))["seq"] == 1
        async with member(second, key=key, history="0") as (again, _):
            assert await ask(again, frame) == {"type": "said", "id": "7", "seq": 1}
        assert await ask(other, {"type": "ping"}) == {"type": "pong"}


async def come_and_go(servers, room, visits):
    """Comes, reads a little, goes and resumes elsewhere; returns the numbers that were seen, and where it stopped."""
    seen: list[int] = []
    position: dict[str, str] = {}
    for visit in range(visits):
        async with member(servers[visit % len(servers)], room, **position) as (client, welcome):
            assert welcome["recovered"] is bool(position)
            for _ in range(20):
                seen.append((await next_frame(client))["seq"])
        position = {"since": str(seen[-1]), "epoch": welcome["epoch"]}
    return seen, position


async def talk(client, ended):
    """Says one thing after another, until it `ended`; returns how many."""
    number = 0
    while not ended.is_set():
        number += 1
        await client.send(json.dumps({"type": "say", "text": str(number)}))
        await asyncio.sleep(0.02)
    return number


async def test_who_comes_and_goes_while_messages_pour_in_misses_nothing(two):
    """Twenty clients on two processes, who read at their own pace: no hole and no repeat."""
    await asyncio.to_thread(two[0].execute, MAKE_ROOM.format(name="busy", size=100_000))
    ended = asyncio.Event()
    async with AsyncExitStack() as stack:
        speakers = [(await stack.enter_async_context(member(server, "busy")))[0] for server in two * 2]
        talking = [asyncio.create_task(talk(speaker, ended)) for speaker in speakers]
        async with asyncio.timeout(PATIENCE):
            came = await asyncio.gather(
                *(come_and_go(two[n % 2 :] + two[: n % 2], "busy", 4) for n in range(20))
            )
        ended.set()
        last = sum(await asyncio.gather(*talking))
        assert await asyncio.gather(*(seqs(speaker, last) for speaker in speakers)) == [
            list(range(1, last + 1))
        ] * len(speakers)
    for number, (seen, position) in enumerate(came):
        async with member(two[number % 2], "busy", **position) as (client, welcome):
            assert welcome["recovered"]
            seen += [] if seen[-1] == last else await seqs(client, last)
        assert seen == list(range(seen[0], last + 1))


async def test_without_redis_two_processes_still_catch_up(start_server):
    """They know each other by the store alone: within seconds everybody sees everything, in one order."""
    first = start_server(Daphne)
    second = start_server(Daphne, site=first.site)
    async with member(first) as (ada, _), member(second) as (bob, _):
        for number in range(3):
            await ada.send(f"ada {number}")
            await bob.send(f"bob {number}")
        heard = []
        async with asyncio.timeout(PATIENCE):
            for client in (ada, bob):
                heard.append([await next_frame(client) for _ in range(6)])
        assert heard[0] == heard[1]
        assert [message["seq"] for message in heard[0]] == [1, 2, 3, 4, 5, 6]
