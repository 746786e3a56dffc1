"""Transactions that hold a room's numbering, for which everybody who speaks there has to wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

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
