"""Sessions in the database that refuse impossible keys, and the deletion of expired ones."""

import asyncio
from functools import cache

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from rtproject.utils.database_threads import in_recorders_thread
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog

FIRST_PRUNE, PRUNE_EVERY = 60.0, 3600.0  # seconds
BATCH = 500  # sessions, so that no lock is held for long


class SessionStore(DatabaseStore):
    """A session store that ignores impossible keys: PostgreSQL fails for a NUL in one."""

    def __init__(self, session_key: str | None = None) -> None:
        possible = session_key is not None and session_key.isascii() and session_key.isalnum()
        super().__init__(session_key if possible else None)


def delete_expired() -> bool:
    """Delete some of the expired sessions; return whether there may be more. Blocks. Raises django.db.Error."""
    sessions = SessionStore.get_model_class().objects
    expired = sessions.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:BATCH]
    deleted, _ = sessions.filter(pk__in=list(expired)).delete()
    return deleted == BATCH


@cache
def prune_sessions() -> None:
    """Delete expired sessions once an hour, as long as this process runs."""
    run_in_background(_prune(), "pruning of sessions")


async def _prune() -> None:
    failures = FailureLog("deleting expired sessions")
    await asyncio.sleep(FIRST_PRUNE)
    while True:
        with failures:
            while await in_recorders_thread(delete_expired)():
                pass
        await asyncio.sleep(PRUNE_EVERY)
