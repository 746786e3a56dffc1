"""A thread that waits for its turn to write to SQLite keeps nobody else waiting."""

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

WAIT_SECONDS = 5.0  # for one's turn
LOOK_SECONDS = 0.02  # between two looks whether it has come

# While SQLite itself waits it holds the connection's mutex. Python's garbage collector needs that to free a statement
# of the connection that an earlier error left behind, and it may run in the thread of the event loop: then the whole
# process stood still for as long as the other one waited. So SQLite waits for a moment only, and we wait for the rest.
BUSY_MILLISECONDS = 20


def take_turns(connection: BaseDatabaseWrapper, **_: Any) -> None:
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
