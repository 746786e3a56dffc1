"""A store or a layer that fails, hangs or is missing under a room, over real sockets."""

import asyncio
import json
import re
import signal
import sqlite3
import sys

import pytest

from rooms.tests.wire import TIMEOUT, ask, ending, next_frame, refusal
from rtproject.tests.support.process import Process
from rtproject.tests.support.servers import Daphne, Uvicorn
from rtproject.tests.support.site import SET_UP

SAY = {"type": "say", "text": "hi", "id": "7"}


# Statements of another process that lock the SQLite database, or make it full, those that end that, and the log's line.
FAULTS = {
    "locked": ("BEGIN IMMEDIATE", "ROLLBACK", "storing messages fails.*database is locked"),
    "full": (
        "CREATE TRIGGER full BEFORE INSERT ON rooms_message BEGIN SELECT RAISE(ABORT, 'full'); END",
        "DROP TRIGGER full",
        "cannot be stored: full",
    ),
}


async def say_until_stored(client, text="again"):
    """Post until it is confirmed; return the confirmation."""
    async with asyncio.timeout(TIMEOUT):
        while (answer := await ask(client, {"type": "say", "text": text, "id": "8"}))["type"] == "error":
            assert answer["code"] == "unavailable"
    return answer


@pytest.mark.parametrize(("begin", "end", "line"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_store_that_takes_nothing_is_told_to_the_sender(start_server, begin, end, line):
    """No client gets the message, all stay, one line is logged, and it works again by itself."""
    server = start_server()
    other = sqlite3.connect(server.site.directory / "db.sqlite3", isolation_level=None)
    async with server.connect("/ws/lobby") as ada, server.connect("/ws/lobby") as bob:
        await next_frame(ada)
        await next_frame(bob)
        other.execute(begin)
        async with asyncio.timeout(TIMEOUT):
            answer = await ask(ada, SAY)
        assert (answer["type"], answer["code"], answer["id"]) == ("error", "unavailable", "7")
        assert await ask(bob, {"type": "ping"}) == {"type": "pong"}
        other.execute(end)
        other.close()
        stored = await say_until_stored(ada)
        assert (stored["text"], stored["seq"]) == ("again", 1)
        assert await next_frame(bob) == stored
        assert (await ask(ada, SAY))["seq"] == 2
        assert (await next_frame(bob))["text"] == "hi"
    assert "Traceback" not in server.log
    assert len(re.findall("storing messages fails|cannot be stored", server.log)) == 1
    assert re.search(line, server.log)


FREEZE = """
import time
from rooms.access.loader import query_rooms
from rooms.access.versions import access_version
from rooms.history import pruning
from rooms.history.store import NewMessage, store_messages
from rooms.protocol import Person

def freeze():
    print("frozen", flush=True)
    time.sleep(600)

room = query_rooms(["lobby"])["lobby"]
"""
STORING = """
message = NewMessage(room, access_version(room), Person("a" * 24, "Ada", guest=True), "never", ":1")
store_messages([message], freeze, again=False)
"""
PRUNING = """
pruning.now = freeze
pruning.prune(room.pk)
"""


@pytest.mark.slow
@pytest.mark.parametrize("work", [STORING, PRUNING], ids=["storing", "pruning"])
async def test_a_frozen_process_that_holds_a_room_does_not_stop_the_others(start_server, database_url, work):
    """PostgreSQL ends its transaction, so its message is not stored, and others are."""
    server = start_server(DATABASE_URL=database_url)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        assert (await ask(client, "before"))["seq"] == 1
        frozen = Process("frozen", [sys.executable, "-c", SET_UP + FREEZE + work], server.site.environment)
        try:
            await frozen.wait_for_log("frozen")
            answer = await say_until_stored(client, "after")
            assert (answer["text"], answer["seq"]) == ("after", 2)
            assert frozen.running
        finally:
            frozen.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "code", "status"),
    # uvicorn closes the connections itself, and ends by the signal that it was sent.
    [(Daphne, 4200, 0), (Uvicorn, 1012, -signal.SIGTERM)],
)
async def test_a_store_that_hangs_does_not_keep_the_process_from_ending(
    start_server, postgres, database_url, kind, code, status
):
    server = start_server(kind, DATABASE_URL=database_url)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        postgres.pause()
        try:
            await client.send(json.dumps(SAY))
            await asyncio.sleep(0)
            stopping = asyncio.create_task(server.stop())
            assert await ending(client) == ([], code)
            assert await stopping == status
        finally:
            postgres.resume()


class TestRoomWithHistory:
    async def test_while_valkey_is_paused_messages_come_from_the_store(self, start_server, valkey):
        """They come at once in the same process, soon in the other, and in order."""
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
            async with asyncio.timeout(TIMEOUT):
                posted = [await ask(ada, str(number)) for number in range(3)]
                assert [await next_frame(eve) for _ in range(3)] == posted
                assert [await next_frame(bob) for _ in range(3)] == posted
                posted.append(await ask(bob, "back"))
                assert await next_frame(ada) == await next_frame(eve) == posted[-1]
            valkey.resume()
            posted.append(await ask(eve, "with the layer"))
            assert await next_frame(ada) == await next_frame(bob) == posted[-1]
            assert [message["seq"] for message in posted] == [1, 2, 3, 4, 5]
            for client in (ada, bob, eve):
                assert await ask(client, {"type": "ping"}) == {"type": "pong"}

    async def test_without_redis_two_processes_catch_up_by_the_store_alone(self, start_server):
        first = start_server()
        second = start_server(site=first.site)
        async with first.connect("/ws/lobby") as ada, second.connect("/ws/lobby") as bob:
            await next_frame(ada)
            await next_frame(bob)
            for number in range(3):
                await ada.send(f"ada {number}")
                await bob.send(f"bob {number}")
            async with asyncio.timeout(TIMEOUT):
                one, other = [[await next_frame(client) for _ in range(6)] for client in (ada, bob)]
            assert one == other
            assert [message["seq"] for message in one] == [1, 2, 3, 4, 5, 6]


class TestUnlistedRoom:
    @pytest.fixture
    async def pair(self, start_server, valkey):
        """A member in each of two processes, and the first process."""
        first = start_server(REDIS_URL=valkey.url)
        second = start_server(site=first.site)
        async with first.connect("/ws/here") as ada, second.connect("/ws/here") as bob:
            await next_frame(ada)
            await next_frame(bob)
            yield ada, bob, first

    async def test_without_valkey_the_sender_is_told_and_no_one_enters(self, pair, valkey):
        """Members stay, and later everything works again."""
        ada, bob, first = pair
        await asyncio.to_thread(valkey.stop)
        error = await ask(ada, SAY)
        assert (error["code"], error["id"]) == ("unavailable", "7")
        assert await refusal(first.connect("/ws/elsewhere")) == 4103
        await asyncio.to_thread(valkey.start)
        assert await self.say_until_received(ada, bob) == "again"
        async with first.connect("/ws/elsewhere") as client:
            assert (await next_frame(client))["type"] == "welcome"

    async def test_a_valkey_that_stands_still_is_away_too(self, pair, valkey):
        """A message that was sent meanwhile may come late, or not at all."""
        ada, bob, _ = pair
        valkey.pause()
        error = await ask(ada, {**SAY, "text": "again"})
        assert (error["code"], error["id"]) == ("unavailable", "7")
        valkey.resume()
        assert await self.say_until_received(ada, bob) == "again"

    async def say_until_received(self, sender, receiver):
        """Post "again" until it is received: each process reconnects to Valkey in its own time."""
        received = asyncio.create_task(next_frame(receiver))
        while not received.done():
            await sender.send("again")
            await asyncio.wait({received}, timeout=0.2)
        return (await received)["text"]
