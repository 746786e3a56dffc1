"""Waiting for one's turn to write to SQLite."""

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from rtproject.utils import db as db

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Another process, as far as SQLite can tell, whose turn it is."""
    connection.ensure_connection()
    name = connection.settings_dict["NAME"]
    with contextlib.closing(sqlite3.connect(name, isolation_level=None, uri=True)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.fixture
def waits(other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, each time; after the third the turn of the other one is over."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.execute("ROLLBACK")

    monkeypatch.setattr("rtproject.utils.db.time.sleep", wait)
    return waits


def test_a_transaction_begins_when_its_turn_comes(waits: list[float]) -> None:
    with transaction.atomic():
        User.objects.create(username="u")
    assert User.objects.exists()
    assert len(waits) == 3


def test_so_does_a_statement_of_its_own(waits: list[float]) -> None:
    User.objects.filter(username="nobody").update(username="somebody")
    assert len(waits) == 3


def test_reading_waits_for_nobody(waits: list[float]) -> None:
    assert not User.objects.exists()
    assert waits == []


def test_nobody_waits_for_ever(other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "TURN_TIMEOUT", 0.0)
    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        pass


def test_what_fails_for_another_reason_is_not_tried_again(waits: list[float]) -> None:
    with pytest.raises(OperationalError, match="no such table"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nowhere")
    assert waits == []


def test_sqlite_itself_waits_for_a_moment_only() -> None:
    """It holds what other threads of the process may need; also on a connection that was made anew."""
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone() == (db.BUSY_MILLISECONDS,)
        assert len(connection.execute_wrappers) == 1
        connection.close()
