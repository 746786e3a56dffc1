"""A real PostgreSQL primary fails over to its standby, under a server that stores messages."""

import asyncio
from itertools import count

import psycopg
import pytest

from rooms.tests.wire import ask, next_frame
from rtproject.tests.support.postgres import TIMEOUT, Postgres
from rtproject.tests.support.proxy import proxy_to


@pytest.fixture
def pair():
    """A primary that confirms nothing without its standby, and that."""
    primary = Postgres()
    standby = Postgres(primary=primary)
    yield primary, standby
    standby.close()
    primary.close()


async def speak(client, confirmed, refused):
    """Say one message after the other, each until it is confirmed."""
    for number in count():
        say = {"type": "say", "text": str(number), "id": str(number)}
        while (await ask(client, say))["type"] == "error":
            refused.set()
        confirmed.put_nowait(str(number))


@pytest.mark.slow
@pytest.mark.parametrize("former_primary", ["killed", "only reads"])
async def test_messages_are_stored_by_the_new_primary(start_server, new_site, pair, former_primary):
    """Without a restart, and every message that was confirmed is there."""
    primary, standby = pair
    async with proxy_to(primary.port) as address, asyncio.timeout(TIMEOUT):
        name = primary.new_database().rpartition("/")[2]
        url = f"postgresql://postgres@127.0.0.1:{address.port}/{name}"
        site = await asyncio.to_thread(new_site, DATABASE_URL=url, ROOMS_MESSAGE_RATE=0)
        server = await asyncio.to_thread(start_server, site=site)
        async with server.connect("/ws/lobby") as ada:
            await next_frame(ada)
            confirmed: asyncio.Queue[str] = asyncio.Queue()
            refused = asyncio.Event()
            speaking = asyncio.create_task(speak(ada, confirmed, refused))
            told = [await confirmed.get() for _ in range(20)]
            if former_primary == "killed":
                await asyncio.to_thread(primary.kill)
            else:
                await asyncio.to_thread(primary.take_writes, False)
            await refused.wait()  # a commit under way would wait for the standby for ever
            await asyncio.to_thread(standby.promote)
            while not confirmed.empty():
                told.append(confirmed.get_nowait())
            address.target = standby.port
            told += [await confirmed.get() for _ in range(3)]
            speaking.cancel()
        with psycopg.connect(standby.url(name)) as connection:
            stored = {text for (text,) in connection.execute("SELECT text FROM rooms_message")}
        assert set(told) <= stored
        assert "Traceback" not in server.log
