"""A log of what may come in floods: one line for each flood."""

import logging
import time
from typing import Any

logger = logging.getLogger(__name__)

QUIET_SECONDS = 60.0  # without one, until the next flood begins


class FloodLog:
    """Logs the first of many events as a warning, and nothing until QUIET_SECONDS have passed without one."""

    def __init__(self) -> None:
        self._last = -QUIET_SECONDS

    def report(self, message: str, *args: Any, error: Exception | None = None) -> None:
        """Log `message`, with the traceback of `error`, if it is the first of a flood."""
        now = time.monotonic()
        if now - self._last >= QUIET_SECONDS:
            logger.warning(message, *args, exc_info=error)
        self._last = now
