"""Connections, transactions and time of the database."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone


def release_connections(**_: Any) -> None:
    """Closes this thread's, unless a transaction is under way.

    Under ASGI Django handles each request in a thread of its own. A connection that it left open, as CONN_MAX_AGE asks
    for, nobody would ever use again, and PostgreSQL lets in no more than a hundred.
    """
    for each in connections.all(initialized_only=True):
        if not each.in_atomic_block:
            each.close()


WAIT_SECONDS = 5.0  # for one's turn
LOOK_SECONDS = 0.02  # between two looks whether it has come

# While SQLite itself waits it holds the connection's mutex. Python's garbage collector needs that to free a statement
# of the connection that an earlier error left behind, and it may run in the thread of the event loop: then the whole
# process stood still for as long as the other one waited. So SQLite waits for a moment only, and we wait for the rest.
BUSY_MILLISECONDS = 20


def wait_for_turns(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Has a new connection wait as above; to be called for each that is made. Other databases are left alone."""
    if connection.vendor != "sqlite":
        return
    connection.connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    if _until_its_turn not in connection.execute_wrappers:  # it stays when a connection is made anew
        connection.execute_wrappers.append(_until_its_turn)


def _until_its_turn(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Executes what failed for want of a turn again. In a transaction there is a turn already: its beginning waits."""
    until = time.monotonic() + (0 if many or context["connection"].in_atomic_block else WAIT_SECONDS)
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= until:
                raise
        time.sleep(LOOK_SECONDS)


def _is_busy(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF == sqlite3.SQLITE_BUSY


# Whoever waits longer gives up, and so does PostgreSQL with a process that froze while it held the lock.
POSTGRESQL_LIMITS = """
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '3s';
SET LOCAL idle_in_transaction_session_timeout = '3s'
"""


def limit_waiting() -> None:
    """The rest of this transaction is ended rather than that it waits, or is waited for, for long."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_LIMITS)


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction within these limits. Raises django.db.Error."""
    with transaction.atomic():
        limit_waiting()
        yield


def store_now() -> datetime:
    """The database server's time. SQLite has none of its own: its file is on this machine. Raises django.db.Error."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
