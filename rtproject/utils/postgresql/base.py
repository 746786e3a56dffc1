"""The backend's one class, where Django looks for it."""

from django.db.backends.postgresql import base
from psycopg import Error


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is checked for writes before each unit of work, by CONN_HEALTH_CHECKS.

    A primary that became a standby still answers `SELECT 1`, so Django's own check would keep it.
    """

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                return bool(cursor.fetchone() == ("off",))
        except Error:
            return False
