"""The warning that several servers run where only one can."""

import fcntl

import pytest

from rtproject import process_check as lone_server
from rtproject.process_check import warn_unless_alone
from rtproject.tests.support.servers import Daphne, Uvicorn

WARNING = "another server process uses this database"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the lock is; it is tried at once."""
    monkeypatch.setattr(lone_server, "WAIT_SECONDS", 0.0)
    return tmp_path / "db.sqlite3.lock"


async def test_the_second_server_warns_and_says_what_to_do(path, caplog):
    """The first one holds the lock from then on and says nothing."""
    await warn_unless_alone(path)
    assert not caplog.messages
    await warn_unless_alone(path)
    (message,) = caplog.messages
    assert WARNING in message
    assert "Set REDIS_URL" in message


async def test_a_server_that_has_ended_is_no_reason(path, caplog):
    """Its lock ended with it, although the file is still there."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    await warn_unless_alone(path)
    assert not caplog.messages


async def test_where_nothing_can_be_locked_nothing_is_said(path, caplog):
    """A guess would be a false alarm."""
    await warn_unless_alone(path / "nowhere")
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
    await server.wait_for_log(WARNING, timeout=60)


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
