"""Sessions in the database that refuse impossible keys, and the deletion of expired ones."""

import asyncio
from functools import cache

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from rtproject.utils.database_threads import in_recorders_thread
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog

FIRST_PRUNE, PRUNE_EVERY = 60.0, 3600.0  # seconds


class SessionStore(DatabaseStore):
    """A session store that ignores impossible keys: PostgreSQL fails for a NUL in one."""

    def __init__(self, session_key: str | None = None) -> None:
        possible = session_key is not None and session_key.isascii() and session_key.isalnum()
        super().__init__(session_key if possible else None)


@cache
def prune_sessions() -> None:
    """Delete expired sessions once an hour, as long as this process runs."""
    run_in_background(_prune(), "pruning of sessions")


async def _prune() -> None:
    failures = FailureLog("deleting expired sessions")
    await asyncio.sleep(FIRST_PRUNE)
    while True:
        with failures:
            await in_recorders_thread(SessionStore.clear_expired)()
        await asyncio.sleep(PRUNE_EVERY)
