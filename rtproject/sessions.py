"""Sessions in the database that refuse impossible keys."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """A session store that ignores impossible keys: PostgreSQL fails for a NUL in one."""

    def __init__(self, session_key: str | None = None) -> None:
        possible = session_key is not None and session_key.isascii() and session_key.isalnum()
        super().__init__(session_key if possible else None)
