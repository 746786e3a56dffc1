"""Measuring a machine: the difference between two readings of its counters. No Django."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil

from pulse.protocol import Measurement, Network, Usage

logger = logging.getLogger(__name__)

T = TypeVar("T")

MIN_SECONDS = 0.1  # CPU time is counted in hundredths of a second: a shorter difference is mostly rounding


class CpuTimes(msgspec.Struct, frozen=True):
    """Seconds of CPU time since the machine started."""

    busy: float
    idle: float


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All counters at one moment. `at` and `booted` are Unix time, `clock` is monotonic."""

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


def take_snapshot(disk_path: Path) -> Snapshot:
    """Read all counters, and the disk that holds `disk_path`, which may be slow.

    Raise the error of psutil if the CPU times cannot be read. Any other unreadable part, as in
    containers, keeps its empty value, and is logged once.
    """
    return Snapshot(
        at=time.time(),
        clock=time.monotonic(),
        cpu=_cpu_times(psutil.cpu_times()),
        cores=_read("the cores", _core_times, ()),
        network=_read("the network", _network_bytes, Network()),
        memory=_read("the memory", _memory, Usage()),
        swap=_read("the swap", lambda: _usage(psutil.swap_memory()), Usage()),
        disk=_read("the disk", lambda: _usage(psutil.disk_usage(str(disk_path))), Usage()),
        load=_read("the load", _load, (0.0, 0.0, 0.0)),
        booted=_read("the boot time", psutil.boot_time, None),
    )


def difference(before: Snapshot, after: Snapshot) -> Measurement:
    """The measurement between two snapshots. A counter that went back counts as unchanged."""
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
    """A source of measurements from one call to the next. Not thread-safe."""

    def __init__(self, disk_path: Path) -> None:
        self._disk_path = disk_path
        self._before: Snapshot | None = None  # the start of the next measurement
        self._latest: Snapshot | None = None

    def sample(self) -> Measurement | None:
        """The measurement since the last call, or None for the first call.

        A call less than MIN_SECONDS after the last one measures from the one before. Raise what
        `take_snapshot` raises.
        """
        now = take_snapshot(self._disk_path)
        if self._latest is None or now.clock - self._latest.clock >= MIN_SECONDS:
            self._before, self._latest = self._latest, now
        return None if self._before is None else difference(self._before, now)


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
    """Log each pair once in a process: the same warning would come with every sample."""
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


def _usage(counters: Any) -> Usage:
    return Usage(counters.percent, counters.used, counters.total)


def _load() -> tuple[float, float, float]:
    one, five, fifteen = psutil.getloadavg()
    return round(one, 2), round(five, 2), round(fifteen, 2)
