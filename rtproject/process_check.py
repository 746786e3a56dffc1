"""A warning for a second server process where only one can run: on SQLite without Redis."""

import asyncio
import logging
import os
from functools import cache
from pathlib import Path

from django.conf import settings

from rtproject.websocket.lifecycle import run_in_background

logger = logging.getLogger(__name__)

WAIT_SECONDS = 6.0  # a server that this one replaces may take 5 to end


@cache
def warn_of_other_processes() -> None:
    """Check once in this process, on SQLite without Redis; otherwise `checks.py` warns."""
    if settings.ON_SQLITE and not settings.REDIS_URLS:
        run_in_background(
            warn_unless_alone(Path(f"{settings.DATABASES['default']['NAME']}.lock")), "process check"
        )


async def warn_unless_alone(path: Path) -> None:
    """Hold the lock `path` until the process ends, or warn that another process has it."""
    await asyncio.sleep(WAIT_SECONDS)
    try:
        import fcntl  # Windows has none

        fcntl.flock(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.warning(
            "another server process uses this database, and there is no REDIS_URL: members of a room hear of those in"
            " the other only every 2 seconds, in unlisted rooms not at all, and each counts wrong passwords by itself."
            " Set REDIS_URL for all of them, or run one (no --workers, no WEB_CONCURRENCY)"
        )
    except (ImportError, OSError):
        logger.debug("cannot lock %s", path, exc_info=True)
