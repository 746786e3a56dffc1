"""A log of the first failure in a row, and of the first success after it."""

import logging
from types import TracebackType

from rtproject.websocket.utils.log_text import cause

logger = logging.getLogger(__name__)


class FailureLog:
    """A context manager for repeated work that may fail without ending the code around it.

    Logs the first failure in a row as a warning, and the first success after it as information. Suppresses
    exceptions of `kinds`; any other, and a cancellation, is raised.
    """

    def __init__(self, work: str, kinds: type[Exception] | tuple[type[Exception], ...] = Exception) -> None:
        self._work = work
        self._kinds = kinds
        self._down = False

    def __enter__(self) -> None:
        """Do nothing: only the end of the block matters."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            self.recovered()
        elif isinstance(error, self._kinds):
            self.failed(cause(error))
        return isinstance(error, self._kinds)

    def failed(self, reason: str) -> None:
        """Log `reason`, if the work succeeded until now."""
        if not self._down:
            logger.warning("%s fails, and is tried again: %s", self._work, reason)
        self._down = True

    def recovered(self) -> None:
        if self._down:
            logger.info("%s works again", self._work)
        self._down = False
