"""The staleness of hosts, as one process observes it. No Django; callers pass the time."""

from collections.abc import Hashable, Mapping


class Staleness:
    """The time for which the mark of each host has not changed. Each pulse changes the mark.

    No clocks of hosts are compared, so a wrong clock makes no host stale. The result is never longer than
    the truth: after `max_pause` seconds without an update, as when the process was stopped, it starts at 0.
    """

    def __init__(self, max_pause: float) -> None:
        self._max_pause = max_pause
        self._updated: float | None = None
        self._marks: dict[str, tuple[Hashable, float]] = {}  # by host: its mark, and since when

    def update(self, clock: float, marks: Mapping[str, Hashable]) -> dict[str, float]:
        """The seconds of staleness of each host at the monotonic time `clock`."""
        if self._updated is None or clock - self._updated > self._max_pause:
            self.reset()
        self._updated = clock
        self._marks = {host: self._unchanged(host, mark, clock) for host, mark in marks.items()}
        return {host: clock - since for host, (_, since) in self._marks.items()}

    def reset(self) -> None:
        """Start again, as after the store was out of reach and no pulse could be stored."""
        self._marks.clear()

    def _unchanged(self, host: str, mark: Hashable, clock: float) -> tuple[Hashable, float]:
        before = self._marks.get(host)
        return before if before is not None and before[0] == mark else (mark, clock)
