"""How long hosts have been silent, as far as one onlooker can tell. Pure: no Django, and time is handed in."""

from collections.abc import Hashable, Mapping


class Staleness:
    """Tells how long each host's mark has stood still, where a mark is anything that changes with each pulse.

    It compares no clocks: neither a host whose clock is wrong nor a clock that is set back looks silent or alive.
    It knows only what it saw, so it can say less than the truth (after it began), and never more. Who did not look for
    longer than `patience` seconds, because the process stood still, saw nothing, and begins anew.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._looked: float | None = None
        self._seen: dict[str, tuple[Hashable, float]] = {}  # by host: its mark, and since when it has had it

    def look(self, clock: float, marks: Mapping[str, Hashable]) -> dict[str, float]:
        """The seconds of staleness of each host at `clock`, the seconds of a clock that is never set."""
        if self._looked is None or clock - self._looked > self._patience:
            self.reset()
        self._looked = clock
        self._seen = {host: self._standing(host, mark, clock) for host, mark in marks.items()}
        return {host: clock - since for host, (_, since) in self._seen.items()}

    def reset(self) -> None:
        """Forgets what it saw: it could not look, and perhaps no pulse could be stored."""
        self._seen.clear()

    def _standing(self, host: str, mark: Hashable, clock: float) -> tuple[Hashable, float]:
        before = self._seen.get(host)
        return before if before is not None and before[0] == mark else (mark, clock)
