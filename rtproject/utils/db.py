"""Connections, transactions and time of the database."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone


def release_connections(**_: Any) -> None:
    """Close the connections of this thread, unless a transaction is under way.

    Under ASGI Django handles each request in a thread of its own. A connection left open there, as CONN_MAX_AGE asks,
    would never be used again, and PostgreSQL accepts only a hundred.
    """
    for each in connections.all(initialized_only=True):
        if not each.in_atomic_block:
            each.close()


# SQLSTATEs of a session that may not write, as on a standby, or was ended in a transaction. Django has them as
# InternalError; all others of a server that ends, starts, is full or cannot be reached are an OperationalError.
ENDED_SESSIONS = {"25006", "25P03", "25P04"}
BROKEN_FILE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_outage(error: BaseException | None) -> bool:
    """Return whether `error` means that the store is out of reach, and not that a query is wrong."""
    cause = error.__cause__ if error is not None else None
    if isinstance(error, InternalError):
        return getattr(cause, "sqlstate", None) in ENDED_SESSIONS
    if getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in BROKEN_FILE:
        return True
    return isinstance(error, OperationalError | InterfaceError)


TURN_TIMEOUT = (
    3.0  # seconds to wait for SQLite's write lock: less than the callers wait, so that they get the cause
)
POLL_SECONDS = 0.02  # between two attempts

# While SQLite itself waits it holds the connection's mutex. Python's garbage collector needs that mutex to free a
# statement that an earlier error left behind, and may run in the thread of the event loop: then the whole process
# stands still. So SQLite waits for a moment only, and Python for the rest.
BUSY_MILLISECONDS = 20


def wait_for_turns(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Make a new SQLite connection wait in Python. A receiver of `connection_created`."""
    if connection.vendor != "sqlite":
        return
    connection.connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    if _execute_in_turn not in connection.execute_wrappers:  # the wrapper survives a reconnect
        connection.execute_wrappers.append(_execute_in_turn)


def _execute_in_turn(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Retry while the database is locked; inside a transaction the lock is held already."""
    until = time.monotonic() + (0 if many or context["connection"].in_atomic_block else TURN_TIMEOUT)
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= until:
                raise
        time.sleep(POLL_SECONDS)


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF == sqlite3.SQLITE_BUSY


# A longer wait fails, and PostgreSQL ends the transaction of a process that froze while it held the lock.
POSTGRESQL_LIMITS = """
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '3s';
SET LOCAL idle_in_transaction_session_timeout = '3s'
"""


def limit_waiting() -> None:
    """Limit how long the rest of this transaction waits and makes others wait, on PostgreSQL."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_LIMITS)


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction within the limits of `limit_waiting`. Raises django.db.Error."""
    with transaction.atomic():
        limit_waiting()
        yield


STEPS = 10_000  # of SQLite's virtual machine between two looks at the clock: about a millisecond


@contextmanager
def end_at(until: float) -> Iterator[None]:
    """Let the database end a query of this block that still runs at `until` of time.monotonic().

    None begins later. The block only reads. Raises django.db.Error.
    """

    def in_time(execute: Callable[..., Any], *query: Any) -> Any:
        if time.monotonic() > until:
            raise OperationalError("no caller waits for this query any more")
        return execute(*query)

    # First: a new connection gets wrappers, too, and has no progress handler.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    end = _end_on_postgresql if connection.vendor == "postgresql" else _end_on_sqlite
    with connection.execute_wrapper(in_time), end(until):
        yield


@contextmanager
def _end_on_postgresql(until: float) -> Iterator[None]:
    milliseconds = max(1, int(1000 * (until - time.monotonic())))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")
        yield


@contextmanager
def _end_on_sqlite(until: float) -> Iterator[None]:
    opened = connection.connection  # without a transaction: each would wait to write
    opened.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        yield
    finally:
        opened.set_progress_handler(None, 0)


def try_write() -> None:
    """Write a row as it is, since a store that can only be read is out of reach too. Raises django.db.Error."""
    with short_transaction():
        row = MigrationRecorder.Migration.objects.filter(app="contenttypes", name="0001_initial")
        row.update(name="0001_initial")


def store_now() -> datetime:
    """Return the database server's time; on SQLite this machine's. Raises django.db.Error."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
