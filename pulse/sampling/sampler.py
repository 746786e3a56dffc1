"""What the machine is doing: counters read twice, and the difference between them. No Django in here."""

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from os import PathLike
from typing import Any, TypeVar

import msgspec
import psutil

from pulse.protocol import Measurement, Network, Usage

logger = logging.getLogger(__name__)

T = TypeVar("T")

SHORTEST = 0.1  # seconds; CPU time is counted in hundredths, so less than this measures mostly rounding


class CpuTimes(msgspec.Struct, frozen=True):
    """Seconds of CPU time since the machine started."""

    busy: float
    idle: float


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is read at one moment. In seconds: `at` is Unix time, `clock` `time.monotonic`."""

    at: float
    clock: float
    cpu: CpuTimes
    cores: tuple[CpuTimes, ...] = ()
    network: Network = Network()
    memory: Usage = Usage()
    swap: Usage = Usage()
    disk: Usage = Usage()
    load: tuple[float, float, float] = (0.0, 0.0, 0.0)
    booted: float | None = None


def take_snapshot(disk_path: str | PathLike[str]) -> Snapshot:
    """Reads all counters, and the disk that holds `disk_path`. A disk may be slow to answer.

    Raises whatever psutil does if the machine's CPU times cannot be read. Any other part that cannot be
    read, as happens in containers, keeps its empty value, and is logged once.
    """
    return Snapshot(
        at=time.time(),
        clock=time.monotonic(),
        cpu=_cpu_times(psutil.cpu_times()),
        cores=_read("the cores", _core_times, ()),
        network=_read("the network", _network_bytes, Network()),
        memory=_read("the memory", _memory, Usage()),
        swap=_read("the swap", _swap, Usage()),
        disk=_read("the disk", lambda: _disk(disk_path), Usage()),
        load=_read("the load", _load, (0.0, 0.0, 0.0)),
        booted=_read("the boot time", psutil.boot_time, None),
    )


def difference(before: Snapshot, after: Snapshot) -> Measurement:
    """What happened between two snapshots. A counter that wrapped or went back counts as nothing happened."""
    seconds = max(0.0, after.clock - before.clock)
    return Measurement(
        at=after.at,
        interval=round(seconds, 3),
        cpu=_percent(before.cpu, after.cpu),
        cores=tuple(map(_percent, before.cores, after.cores)),
        memory=after.memory,
        swap=after.swap,
        load=after.load,
        disk=after.disk,
        network=Network(
            sent=_rate(before.network.sent, after.network.sent, seconds),
            received=_rate(before.network.received, after.network.received, seconds),
        ),
        uptime=0 if after.booted is None else max(0, int(after.at - after.booted)),
    )


class Sampler:
    """Measures from one call to the next. Not for several threads at once."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        self._read = read
        self._earlier: deque[Snapshot] = deque()

    def sample(self) -> Measurement | None:
        """What happened since the last call; None at the first one, which has nothing to compare with.

        If the last call was less than SHORTEST seconds ago, it measures from an earlier one. Raises what
        `read` does.
        """
        now = self._read()
        while len(self._earlier) > 1 and now.clock - self._earlier[1].clock >= SHORTEST:
            self._earlier.popleft()
        before = self._earlier[0] if self._earlier else None
        self._earlier.append(now)
        return None if before is None else difference(before, now)


def _percent(before: CpuTimes, after: CpuTimes) -> float:
    busy = max(0.0, after.busy - before.busy)
    idle = max(0.0, after.idle - before.idle)
    return round(100 * busy / (busy + idle), 1) if busy + idle > 0 else 0.0


def _rate(before: int, after: int, seconds: float) -> int:
    return round(max(0, after - before) / seconds) if seconds > 0 else 0


def _read(part: str, read: Callable[[], T], empty: T) -> T:
    try:
        return read()
    except Exception as error:
        _warn(part, type(error).__name__)
        return empty


@lru_cache(maxsize=64)
def _warn(part: str, reason: str) -> None:
    """Logs each pair once a process: the same would come with every sample."""
    logger.warning("cannot read %s of this machine (%s); pulses show it as empty", part, reason)


def _cpu_times(times: Any) -> CpuTimes:
    # Linux counts the time of guests in `user` and `nice` too, and waiting for a disk is not work.
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return CpuTimes(busy=sum(times) - guests - idle, idle=idle)


def _core_times() -> tuple[CpuTimes, ...]:
    return tuple(map(_cpu_times, psutil.cpu_times(percpu=True)))


def _network_bytes() -> Network:
    counters = psutil.net_io_counters()
    return Network() if counters is None else Network(counters.bytes_sent, counters.bytes_recv)


def _memory() -> Usage:
    memory = psutil.virtual_memory()
    return Usage(memory.percent, memory.total - memory.available, memory.total)


def _swap() -> Usage:
    swap = psutil.swap_memory()
    return Usage(swap.percent, swap.used, swap.total)


def _disk(path: str | PathLike[str]) -> Usage:
    disk = psutil.disk_usage(str(path))
    return Usage(disk.percent, disk.used, disk.total)


def _load() -> tuple[float, float, float]:
    one, five, fifteen = psutil.getloadavg()
    return round(one, 2), round(five, 2), round(fifteen, 2)
