"""The time by which what is kept grows old: that of the database, since machines' clocks may be wrong."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def store_now() -> datetime:
    """The database server's time. SQLite has none of its own: its file is on this machine. Raises django.db.Error."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
