"""Connections to the database that would outlive their use."""

from typing import Any

from django.db import connections


def release_connections(**_: Any) -> None:
    """Closes this thread's, unless a transaction is under way.

    Under ASGI Django handles each request in a thread of its own. A connection that it left open, as CONN_MAX_AGE asks
    for, nobody would ever use again, and PostgreSQL lets in no more than a hundred.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
