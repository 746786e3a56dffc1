"""Threads for the database: reads end, and the heavy ones keep no one from coming in."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, connections

from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.site import Site
from rtproject.utils import database_threads as module
from rtproject.utils.database_threads import ReaderThread

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

# Reads that take longer than a handshake may.
SLOW_READS = """
import time
import rtproject.asgi
from pulse.storage.replay import StoredPulses
from rooms.history import reader

def read_slowly(*_):
    print("a slow read begins", flush=True)
    time.sleep(6)

reader.read_history = StoredPulses.read = read_slowly
"""

SLEEP_IN_POSTGRESQL = """
import asyncio, time
from django.db import connection
from rtproject.utils import database_threads

def sleep():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)")

async def main():
    try:
        await database_threads.in_public_thread(sleep)()
    except Exception as error:
        print(type(error).__name__)

database_threads.READ_SECONDS = 0.2
asyncio.run(main())
asleep = True
while asleep:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(6%'"
                       " AND pid <> pg_backend_pid()")
        asleep = cursor.fetchone()[0]
print("ended")
"""


def read_endlessly() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS)
        cursor.fetchall()


@pytest.fixture
def in_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderThread]:
    """A thread whose reads have a moment. Its connection is closed at the end."""
    monkeypatch.setattr(module, "READ_SECONDS", 0.1)
    thread = ReaderThread("reads")
    yield thread
    thread.executor.submit(connections.close_all).result()
    thread.executor.shutdown()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a query of SQLite")
async def test_sqlite_ends_a_read_that_nobody_waits_for(in_thread: ReaderThread) -> None:
    """Its thread is free for the next one, whose caller waits in line for it."""
    with pytest.raises((TimeoutError, OperationalError)):
        await in_thread(read_endlessly)()
    last = in_thread.executor.submit(int)
    assert await asyncio.wrap_future(last) == 0


async def test_a_caller_waits_in_line_for_so_long(
    in_thread: ReaderThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINE_SECONDS", 0)
    await in_thread._line().acquire()
    with pytest.raises(TimeoutError):
        await in_thread(read_endlessly)()


def test_postgresql_ends_a_read_that_nobody_waits_for(tmp_path, database_url: str) -> None:
    site = Site(tmp_path, {"DATABASE_URL": database_url})
    error, ended = site.execute(SLEEP_IN_POSTGRESQL).split()
    assert error in ("TimeoutError", "OperationalError")
    assert ended == "ended"


@pytest.mark.parametrize("path", ["/ws/lobby", "/stats"])
async def test_a_slow_read_keeps_nobody_from_coming_in(start_server, path: str) -> None:
    server = start_server(patched(Daphne, SLOW_READS))
    async with server.connect(path) as reader:
        if path != "/stats":
            await reader.send(json.dumps({"type": "history", "before": 9, "limit": 9}))
        await server.wait_for_log("a slow read begins")
        async with server.connect("/ws/lobby") as newcomer:
            assert json.loads(await newcomer.recv())["type"] == "welcome"
