"""The warning that several servers run where only one can."""

import fcntl

import pytest

from rtproject import process_check as module
from rtproject.process_check import warn_unless_alone
from rtproject.tests.support.servers import Daphne, Uvicorn

WARNING = "another server process uses this database"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The lock, which is tried at once."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.0)
    return tmp_path / "db.sqlite3.lock"


async def test_a_second_server_warns(path, caplog):
    """The lock of a server that has ended, or one that cannot be taken, is no reason."""
    await warn_unless_alone(path / "unknown")
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    await warn_unless_alone(path)
    assert not caplog.messages
    await warn_unless_alone(path)
    (message,) = caplog.messages
    assert WARNING in message
    assert "Set REDIS_URL" in message


@pytest.mark.parametrize(
    ("changed", "checks"),
    [({}, True), ({"REDIS_URLS": ["redis://host"]}, False), ({"ON_SQLITE": False}, False)],
)
async def test_only_a_server_on_sqlite_without_redis_checks(settings, monkeypatch, changed, checks):
    """With Redis there may be many; `manage.py check` warns of PostgreSQL without Redis."""
    for name, value in changed.items():
        setattr(settings, name, value)
    begun = []

    def begin(coroutine, name):
        coroutine.close()
        begun.append(name)

    monkeypatch.setattr(module, "run_in_background", begin)
    module.warn_of_other_processes.__wrapped__()
    assert bool(begun) is checks


async def test_the_workers_of_uvicorn_are_several_servers(start_server):
    """They start together."""
    server = start_server(Uvicorn, "--workers", "2", demo=False)
    await server.wait_for_log(WARNING)


async def test_a_second_daphne_warns(start_server, new_site):
    """The check begins with the first connection; the first server does not warn."""
    site = new_site(demo=False)
    first, second = start_server(Daphne, site=site), start_server(Daphne, site=site)
    for server in (first, second):
        async with server.connect("/echo") as client:
            await client.send("hello")
            await client.recv()
    await second.wait_for_log(WARNING)
    assert WARNING not in first.log
