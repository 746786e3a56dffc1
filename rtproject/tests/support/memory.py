"""How much memory a server takes."""

import psutil

MIB = 1024 * 1024


class Memory:
    """The resident memory of a process in bytes, against what it was at first. `peak` is the most of all samples."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._first = self._now()
        self.peak = 0

    def sample(self) -> None:
        """Looks once."""
        self.peak = max(self.peak, self._now() - self._first)

    def _now(self) -> int:
        return int(self._process.memory_info().rss)
