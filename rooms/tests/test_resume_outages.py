"""A store or a layer that fails under a room, over real sockets."""

import asyncio
import json
import sqlite3
from contextlib import closing, contextmanager

import pytest

from rooms.tests.wire import ask, next_frame

PATIENCE = 30.0  # seconds: running into it means that what a test waits for never comes
SAY = {"type": "say", "text": "hi", "id": "7"}


def database(server):
    """The file of the server's database."""
    return server.site.directory / "db.sqlite3"


@contextmanager
def locked(server):
    """Another process holds the database's lock."""
    with closing(sqlite3.connect(database(server), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(server):
    """Nothing more fits into the database: what SQLite says when a disk is full."""
    with closing(sqlite3.connect(database(server), isolation_level=None)) as other:
        trigger = "CREATE TRIGGER full BEFORE INSERT ON rooms_message BEGIN SELECT RAISE(ABORT, 'full'); END"
        other.execute(trigger)
        yield
        other.execute("DROP TRIGGER full")


async def say_until_stored(client):
    """Says something until it is confirmed, and returns the confirmation."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await ask(client, {"type": "say", "text": "again", "id": "8"}))["type"] == "error":
            assert answer["code"] == "unavailable"
    return answer


@pytest.mark.parametrize("trouble", [locked, full])
async def test_a_store_that_takes_nothing_is_told_to_who_speaks(start_server, trouble):
    """Nobody sees the message, everybody stays, one line is logged, and it works again by itself."""
    server = start_server()
    async with server.connect("/ws/lobby") as ada, server.connect("/ws/lobby") as bob:
        await next_frame(ada)
        await next_frame(bob)
        with trouble(server):
            async with asyncio.timeout(PATIENCE):
                answer = await ask(ada, SAY)
            assert (answer["type"], answer["code"], answer["id"]) == ("error", "unavailable", "7")
            assert await ask(bob, {"type": "ping"}) == {"type": "pong"}
        stored = await say_until_stored(ada)
        assert (stored["text"], stored["seq"]) == ("again", 1)
        assert await next_frame(bob) == stored
        assert (await ask(ada, SAY))["seq"] == 2
        assert (await next_frame(bob))["text"] == "hi"
    assert "Traceback" not in server.log
    assert server.log.count("storing messages fails") == 1


async def test_while_valkey_is_paused_the_members_of_a_process_hear_each_other(start_server, valkey):
    """What is stored needs no layer to be shown here; the other process catches up, and nothing is out of order."""
    first = start_server(REDIS_URL=valkey.url, ROOMS_MESSAGE_RATE=0)
    second = start_server(site=first.site)
    async with (
        first.connect("/ws/lobby") as ada,
        first.connect("/ws/lobby") as eve,
        second.connect("/ws/lobby") as bob,
    ):
        for client in (ada, eve, bob):
            await next_frame(client)
        valkey.pause()
        async with asyncio.timeout(PATIENCE):
            said = [await ask(ada, str(number)) for number in range(3)]
            assert [await next_frame(eve) for _ in range(3)] == said
            assert [await next_frame(bob) for _ in range(3)] == said
            said.append(await ask(bob, "back"))
            assert await next_frame(ada) == await next_frame(eve) == said[-1]
        valkey.resume()
        said.append(await ask(eve, "with the layer"))
        assert await next_frame(ada) == await next_frame(bob) == said[-1]
        assert [message["seq"] for message in said] == [1, 2, 3, 4, 5]
        for client in (ada, bob, eve):
            assert await ask(client, {"type": "ping"}) == {"type": "pong"}


async def test_what_valkey_forgot_is_found(start_server, valkey):
    """It is restarted while messages are said: both processes show all of them, once, in order."""
    first = start_server(REDIS_URL=valkey.url, ROOMS_MESSAGE_RATE=0)
    second = start_server(site=first.site)
    async with first.connect("/ws/lobby") as ada, second.connect("/ws/lobby") as bob:
        await next_frame(ada)
        await next_frame(bob)
        restarted = asyncio.create_task(asyncio.to_thread(valkey.restart))
        count = 0
        while not restarted.done():
            count += 1
            assert (await ask(ada, str(count)))["seq"] == count
            await asyncio.wait({restarted}, timeout=0.02)
        await restarted
        async with asyncio.timeout(PATIENCE):
            assert [json.loads(await bob.recv())["text"] for _ in range(count)] == [
                str(number) for number in range(1, count + 1)
            ]
