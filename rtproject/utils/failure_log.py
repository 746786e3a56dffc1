"""Logs that something fails, and that it works again, once each."""

import logging
from types import TracebackType

logger = logging.getLogger(__name__)


class FailureLog:
    """A `with` block around work that is tried again and again and may fail without ending what is around it.

    The first error in a row is logged as a warning and the first success after it as information. An
    Exception of one of these `kinds` goes no further; any other, and a cancellation, does.
    """

    def __init__(self, work: str, kinds: type[Exception] = Exception) -> None:
        self._work = work
        self._kinds = kinds
        self._down = False

    def __enter__(self) -> None:
        """Nothing is opened: all that matters is how the block ends."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            self.recovered()
        elif isinstance(error, self._kinds):
            self.failed(
                f"{type(error).__name__}: {' '.join(str(error).split())}"
            )  # libpq's have several lines
        return isinstance(error, self._kinds)

    def failed(self, reason: str) -> None:
        """Logs `reason`, if it worked until now."""
        if not self._down:
            logger.warning("%s fails, and is tried again: %s", self._work, reason)
        self._down = True

    def recovered(self) -> None:
        """Logs that it works again, if it did not."""
        if self._down:
            logger.info("%s works again", self._work)
        self._down = False
