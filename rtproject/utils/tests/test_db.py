"""Connections of requests, turns to write to SQLite, and the store's clock."""

import asyncio
import contextlib
import sqlite3
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psutil
import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, Error, OperationalError, connection, transaction
from django.db.utils import DatabaseErrorWrapper, load_backend

from rtproject.tests.support.servers import Daphne, Uvicorn
from rtproject.tests.support.site import Site
from rtproject.utils import db as module
from rtproject.utils.db import is_outage, store_now

REQUESTS = 40
PAGES = ("/", "/rooms/", "/rooms/lobby/", "/admin/login/", "/dashboard/")
PRINT_STORE_NOW = """
from rtproject.utils.db import store_now
print(store_now().isoformat())
"""


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_a_request_leaves_no_connection_open(start_server, kind):
    """Each has a thread of its own, whose connection would never be used again."""
    server = start_server(kind)

    def fetch(path: str) -> int:
        with urllib.request.urlopen(server.http_url(path)) as response:
            return response.status

    def connections() -> int:
        opened = psutil.Process(server.pid).open_files()
        return sum(file.path.endswith("db.sqlite3") for file in opened)

    for path in PAGES:
        await asyncio.to_thread(fetch, path)
    before = connections()
    paths = PAGES * (REQUESTS // len(PAGES))
    assert set(await asyncio.gather(*(asyncio.to_thread(fetch, path) for path in paths))) == {200}
    assert connections() < before + REQUESTS / 4  # other threads may have come to need one of their own


OUTAGES = [
    "08006", "25006", "25P03", "25P04", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "58030",
]  # fmt: skip


@pytest.mark.parametrize("sqlstate", [*OUTAGES, "0A000", "22021", "23505", "25P02", "42P01"])
def test_an_outage_is_told_from_a_wrong_query(sqlstate: str) -> None:
    """By the exception that Django makes of PostgreSQL's."""
    backend = load_backend("django.db.backends.postgresql")
    wrapper = DatabaseErrorWrapper(SimpleNamespace(Database=backend.Database, errors_occurred=False))
    with pytest.raises(Error) as caught, wrapper:
        raise psycopg.errors.lookup(sqlstate)
    assert is_outage(caught.value) == (sqlstate in OUTAGES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["query_only = on", "max_page_count = 1"])
def test_sqlite_that_takes_no_writes_is_an_outage(limit: str) -> None:
    """A file that may only be read, or a full disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {limit}")
    try:
        with pytest.raises(OperationalError) as caught:
            User.objects.bulk_create(User(username=f"{number}" * 100) for number in range(1000))
        assert is_outage(caught.value)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
class TestSQLiteTurns:
    """One process at a time can write."""

    @pytest.fixture
    def other(self) -> Iterator[sqlite3.Connection]:
        """Another process, as far as SQLite can tell, that is writing."""
        connection.ensure_connection()
        name = connection.settings_dict["NAME"]
        with contextlib.closing(sqlite3.connect(name, isolation_level=None, uri=True)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other

    @pytest.fixture
    def waits(self, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The waits of a writer; the other process ends its transaction during the third."""
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                other.execute("ROLLBACK")

        monkeypatch.setattr("rtproject.utils.db.time.sleep", wait)
        return waits

    def test_a_transaction_waits_for_its_turn(self, waits: list[float]) -> None:
        with transaction.atomic():
            User.objects.create(username="u")
        assert User.objects.exists()
        assert len(waits) == 3

    def test_so_does_a_single_statement(self, waits: list[float]) -> None:
        User.objects.filter(username="u").update(username="v")
        assert len(waits) == 3

    def test_a_reader_does_not_wait(self, waits: list[float]) -> None:
        assert not User.objects.exists()
        assert waits == []

    def test_a_wait_ends(self, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TURN_TIMEOUT", 0.0)
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass

    def test_another_error_is_not_tried_again(self, waits: list[float]) -> None:
        with pytest.raises(OperationalError, match="no such table"), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM unknown")
        assert waits == []

    def test_sqlite_itself_waits_only_shortly(self) -> None:
        """It blocks what other threads of the process may need; also on a new connection."""
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout")
                assert cursor.fetchone() == (module.BUSY_MILLISECONDS,)
            assert len(connection.execute_wrappers) == 1
            connection.close()


def test_the_clock_is_this_machines_with_sqlite(db: None) -> None:
    assert abs(store_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_is_the_database_servers_where_there_is_one(tmp_path, database_url: str) -> None:
    site = Site(tmp_path, {"DATABASE_URL": database_url})
    told = datetime.fromisoformat(site.execute(PRINT_STORE_NOW).strip())
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_broken_file_is_an_outage(tmp_path: Path) -> None:
    """SQLite says neither that it is out of reach nor that it is busy."""
    path = tmp_path / "broken.sqlite3"
    path.write_bytes(b"x" * 4096)
    broken = connection.copy()
    broken.settings_dict = connection.settings_dict | {"NAME": str(path), "OPTIONS": {}}
    with pytest.raises(DatabaseError) as caught, broken.cursor() as cursor:
        cursor.execute("SELECT * FROM sqlite_master")
    broken.close()
    assert is_outage(caught.value)
