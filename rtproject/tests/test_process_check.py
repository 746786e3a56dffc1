"""The warning that several servers run where only one can."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rtproject import process_check as lone_server
from rtproject.process_check import warn_unless_alone
from rtproject.tests.support.servers import Daphne, Uvicorn

WARNING = "another server process uses this database"


@contextmanager
def another_server(path) -> Iterator[None]:
    """Holds the lock as another process would: a file that is opened twice has two."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the lock is; nobody waits for long."""
    monkeypatch.setattr(lone_server, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(lone_server, "LOOK_SECONDS", 0.0)
    return tmp_path / "db.sqlite3.lock"


async def test_who_is_alone_says_nothing_and_is_seen_by_the_next(path, caplog):
    """The lock is held for as long as the process is there, and only the second warns: once."""
    await warn_unless_alone(path)
    assert not caplog.messages
    await warn_unless_alone(path)
    (message,) = caplog.messages
    assert WARNING in message
    assert "Set REDIS_URL" in message


async def test_a_server_that_is_being_replaced_is_no_reason(path, monkeypatch, caplog):
    """It ends a few seconds after its successor began."""
    monkeypatch.setattr(lone_server, "PATIENCE_SECONDS", 60.0)
    with another_server(path):
        looking = asyncio.create_task(warn_unless_alone(path))
        await asyncio.sleep(0)
        assert not looking.done()
    await looking
    assert not caplog.messages


async def test_where_nothing_can_be_locked_nothing_is_said(tmp_path, caplog):
    """A guess would be a false alarm."""
    await warn_unless_alone(tmp_path / "nowhere" / "lock")
    assert not caplog.messages


@pytest.mark.parametrize(
    ("changed", "looks"),
    [
        ({}, True),
        ({"REDIS_URLS": ["redis://host"]}, False),
        ({"ON_SQLITE": False}, False),
    ],
)
async def test_it_looks_only_where_one_server_is_all_there_can_be(settings, monkeypatch, changed, looks):
    """With Redis there may be many, and of a PostgreSQL without one `manage.py check` warns."""
    for name, value in changed.items():
        setattr(settings, name, value)
    begun = []

    def begin(coroutine, name):
        coroutine.close()
        begun.append(name)

    monkeypatch.setattr(lone_server, "background", begin)
    lone_server.warn_of_other_processes.__wrapped__()
    assert bool(begun) is looks


async def test_the_workers_of_uvicorn_are_told_apart(start_server):
    """They start together, and are one site to whoever started them."""
    server = start_server(Uvicorn, "--workers", "2", demo=False)
    await server.wait_for_log(WARNING, timeout=60)  # two processes have to start, and wait then


async def test_a_second_daphne_is_told(start_server, new_site):
    """At its first connection, before which Daphne lets it begin nothing."""
    site = new_site(demo=False)
    first, second = start_server(Daphne, site=site), start_server(Daphne, site=site)
    for server in (first, second):
        async with server.connect("/echo") as client:
            await client.send("hello")
            await client.recv()
    await second.wait_for_log(WARNING, timeout=60)
    assert WARNING not in first.log
