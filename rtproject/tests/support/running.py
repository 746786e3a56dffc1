"""What tests have started and not ended yet: for the logs of a failed test, and so that nothing outlives a run."""

import atexit
from typing import Protocol


class Running(Protocol):
    """A server or another process of a test."""

    @property
    def name(self) -> str:
        """What a reader of a failure knows it as."""

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""

    @property
    def log(self) -> str:
        """Everything that it wrote until now."""

    def kill(self) -> object:
        """Ends it at once, in whatever state it is."""


RUNNING: set[Running] = set()


@atexit.register
def _kill_all() -> None:
    for process in tuple(RUNNING):
        process.kill()
