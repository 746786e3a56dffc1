"""Tells an operator that several servers run where only one can: without Redis they do not hear of each other.

No setting says how many there are, be it uvicorn's `--workers`, WEB_CONCURRENCY or a second Daphne. So each server
tries to hold a lock beside the database, and who cannot have it is not alone.
"""

import asyncio
import logging
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from rtproject.websocket.lifecycle import run_in_background

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 8.0  # the server that this one replaces may take 5 to end
LOOK_SECONDS = 0.5
CAN_LOCK = find_spec("fcntl") is not None  # Windows has none


@cache
def warn_of_other_processes() -> None:
    """Begins to look, once a process. Where a Redis or a PostgreSQL is set, `checks.py` says what there is to say."""
    if CAN_LOCK and settings.ON_SQLITE and not settings.REDIS_URLS:
        run_in_background(
            warn_unless_alone(Path(f"{settings.DATABASES['default']['NAME']}.lock")), "lone server"
        )


async def warn_unless_alone(path: Path) -> None:
    """Holds the lock `path` until the process ends, or logs a warning if it cannot be had in PATIENCE_SECONDS."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        logger.debug("%s cannot be made", path, exc_info=True)
        return
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not _hold(lock):  # noqa: ASYNC110 (no event tells of another process)
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        os.close(lock)
        logger.warning(
            "another server process uses this database, and there is no REDIS_URL: members of a room hear of those in"
            " the other process only every 2 seconds, in unlisted rooms not at all, and each counts wrong passwords by"
            " itself. Set REDIS_URL for all of them, or run one (no --workers, no WEB_CONCURRENCY)"
        )
    except OSError:  # a file system without locks: then nobody knows
        os.close(lock)
        logger.debug("%s cannot be locked", path, exc_info=True)


def _hold(lock: int) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
