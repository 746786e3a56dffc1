"""The agent of a machine: measures it and posts its pulse to a site. One file, to be copied.

    PULSE_TOKEN=… python agent.py --to https://site

It needs Python 3.9 and psutil. The site's own worker measures with it, too.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

import psutil

logger = logging.getLogger("pulse.agent")

T = TypeVar("T")
Sample = dict[str, Any]

MIN_SECONDS = 0.1  # CPU time is counted in hundredths of a second: a shorter difference is mostly rounding
FIRST_SECONDS = 0.2  # covered by the first sample: short, since a client may wait for it
DISK_SECONDS = 0.5  # to read all disks; then those that hang are missing
MOST_HANGING = 2  # threads: one that a disk holds, and one that a second disk holds
MOST_DISKS = 32
DISK_THREAD = "pulse disks"

NO_DISKS = {"squashfs", "iso9660", "udf", "erofs"}  # always full
WITHOUT_DEVICE = {"zfs", "btrfs", "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph"}
# Interfaces that are no uplink of a machine without a physical one: what they carry passes another one, too.
VIRTUAL = re.compile(
    "lo|br|veth|docker|virbr|cni|cali|flannel|vx|dummy|ifb|tu?n|tap|wg|sit|gre|ip6|ip_|bond|team|vlan"
)

clock = time.monotonic


# --- What a machine says of itself -----------------------------------------------------------------------------


def read_text(path: str) -> str:
    """The text of a small file, empty if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def read_number(path: str) -> int | None:
    """The number that a file begins with, None if there is none (`max`) or it is negative (`-1`)."""
    first = (read_text(path).split() or [""])[0]
    return int(first) if first.isdigit() else None


def usage(used: int, total: int) -> Sample:
    """The use of a resource of `total` bytes."""
    return {"percent": percent(used, total), "used": used, "total": total}


def percent(part: float, whole: float) -> float:
    """A share as 0 to 100, rounded to a tenth."""
    return round(100 * min(max(part, 0), whole) / whole, 1) if whole > 0 else 0.0


class Cgroup:
    """The limits of the control group of this process and of those around it, in version 1 or 2.

    Those of a service of systemd are not the machine's.
    """

    def __init__(self, root: str) -> None:
        self._base = f"{root}/sys/fs/cgroup"
        lines = [line.split(":", 2) for line in read_text(f"{root}/proc/self/cgroup").splitlines()]
        self._paths = {name: path for _, names, path in lines for name in names.split(",")}

    def _groups(self, controller: str) -> Iterator[str]:
        """The paths from this process's group up to the outermost. From inside a container some do not exist."""
        path = self._paths.get(controller, self._paths.get("", "/")).rstrip("/")
        while path:
            if not path.endswith(".service"):
                yield path
            path = path.rpartition("/")[0]
        yield ""

    def _file(self, controller: str, group: str, name: str) -> str:
        version_1 = f"/{controller}" if controller in self._paths else ""
        return f"{self._base}{version_1}{group}/{name}"

    def memory(self) -> tuple[int, int] | None:
        """The lowest limit and what is in use of it without the page cache, in bytes; None without a limit."""
        limits = []
        for group in self._groups("memory"):
            for name in ("memory.max", "memory.limit_in_bytes"):
                if limit := read_number(self._file("memory", group, name)):
                    limits.append((limit, group))
        if not limits:
            return None
        limit, group = min(limits)
        current = read_number(self._file("memory", group, "memory.current"))
        if current is None:
            current = read_number(self._file("memory", group, "memory.usage_in_bytes")) or 0
        stat = dict(
            line.split() for line in read_text(self._file("memory", group, "memory.stat")).splitlines()
        )
        caches = ("active_file", "inactive_file", "slab_reclaimable")
        free = sum(int(stat.get(f"total_{name}", stat.get(name, 0))) for name in caches)
        return limit, max(0, current - free)

    def cores(self) -> tuple[float, float] | None:
        """The lowest limit of cores, and the seconds of CPU time that were used of it; None without a limit."""
        limits = []
        for group in self._groups("cpu"):
            quota = read_text(self._file("cpu", group, "cpu.max")).split() or [
                read_text(self._file("cpu", group, f"cpu.cfs_{name}_us")).strip()
                for name in ("quota", "period")
            ]
            if quota[0].isdigit() and int(quota[1]) > 0:
                limits.append((int(quota[0]) / int(quota[1]), group))
        for group in self._groups("cpuset"):
            for name in ("cpuset.cpus.effective", "cpuset.effective_cpus"):
                if cpus := read_text(self._file("cpuset", group, name)).strip():
                    limits.append((_count(cpus), group))
        return min(((cores, self._used(group)) for cores, group in limits), default=None)

    def _used(self, group: str) -> float:
        for line in read_text(self._file("cpu", group, "cpu.stat")).splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1]) / 1e6
        return (read_number(self._file("cpuacct", group, "cpuacct.usage")) or 0) / 1e9


def _count(cpus: str) -> int:
    """The number of CPUs in a list such as `0-2,7`."""
    ends = [part.split("-") for part in cpus.split(",")]
    return sum(int(part[-1]) - int(part[0]) + 1 for part in ends)


def uplinks(names: Iterable[str], root: str) -> list[str]:
    """Those of the interfaces `names` that lead out of the machine, and are not stacked on another one.

    Physical ones have a device. Inside a container none has.
    """
    folders = {name: f"{root}/sys/class/net/{name}" for name in names}
    physical = [
        name
        for name, folder in folders.items()
        # The second function of a virtual machine's interface has that one as its master, which counts both.
        if os.path.exists(f"{folder}/device") and not os.path.exists(f"{folder}/master/device")
    ]
    return physical or [name for name in names if not VIRTUAL.match(name) and not _is_stacked(folders[name])]


def _is_stacked(folder: str) -> bool:
    entries = os.listdir(folder) if os.path.isdir(folder) else []
    return any(entry.startswith("lower_") or entry in ("bridge", "bonding", "tun_flags") for entry in entries)


def mounts(root: str) -> list[str]:
    """Where the disks are mounted: each disk once, whatever else shows parts of it."""
    lines = read_text(f"{root}/proc/self/mountinfo").splitlines()
    if not lines:
        return [each.mountpoint for each in psutil.disk_partitions()]
    visible = {}  # a later mount hides those before it in the same place
    for line in lines:
        before, _, after = line.partition(" - ")
        device, inside, mount = before.split()[2:5]
        mount = mount.encode().decode("unicode_escape").encode("latin-1").decode(errors="replace")
        kind, source = after.split()[:2]
        is_disk = source.startswith("/dev/") or kind in WITHOUT_DEVICE or mount == "/"
        visible[mount] = (
            (inside != "/", len(mount), mount, device) if is_disk and kind not in NO_DISKS else None
        )
    once: dict[str, str] = {}
    for _, _, mount, device in sorted(filter(None, visible.values())):
        once.setdefault(device, mount)
    return sorted(once.values())[:MOST_DISKS]


class Disks:
    """The space of disks, read in threads, since a disk that hangs holds whoever asks for it.

    It is not asked for again until it has answered.
    """

    def __init__(self) -> None:
        self._hanging: dict[str, threading.Thread] = {}  # by path, the thread that it holds

    def read(self, paths: Iterable[str]) -> dict[str, Any]:
        """The space by path, without that of disks that hang; None for a path that is no folder or fails."""
        self._hanging = {path: thread for path, thread in self._hanging.items() if thread.is_alive()}
        todo = [path for path in dict.fromkeys(paths) if path not in self._hanging]
        found: dict[str, Any] = {}
        while todo and len(self._hanging) < MOST_HANGING:
            thread = threading.Thread(None, self._read, DISK_THREAD, (todo, found), daemon=True)
            thread.start()
            thread.join(DISK_SECONDS)
            read = dict(found)
            todo = [path for path in todo if path not in read]
            if todo:
                self._hanging[todo.pop(0)] = thread
        return dict(found)

    @staticmethod
    def _read(paths: list[str], found: dict[str, Any]) -> None:
        for path in paths:
            try:
                found[path] = psutil.disk_usage(path) if os.path.isdir(path) else None
            except OSError:
                found[path] = None


# --- Samples ---------------------------------------------------------------------------------------------------


class CpuTimes:
    """Seconds of CPU time since the machine started."""

    def __init__(self, times: Any) -> None:
        # Linux counts the time of guests in `user` and `nice` too.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        self.steal: float = getattr(times, "steal", 0.0)
        self.iowait: float = getattr(times, "iowait", 0.0)
        self.total: float = sum(times) - guests
        self.busy: float = self.total - times.idle - self.iowait - self.steal

    def share(self, name: str, before: CpuTimes) -> float:
        """The percent of the time since `before` that were `name`."""
        return percent(getattr(self, name) - getattr(before, name), self.total - before.total)


class Sampler:
    """A source of samples of this machine, or of one whose files are below `root`. Not thread-safe."""

    def __init__(self, disk_path: str = "/", root: str = "") -> None:
        self._disk_path = disk_path
        self._root = root
        self._disks = Disks()
        self._interfaces: dict[str, Any] | None = None  # the counters of each, when they were read last
        self._traffic = {"sent": 0, "received": 0}
        self._before: Sample | None = None  # the start of the next sample
        self._latest: Sample | None = None

    def sample(self) -> Sample | None:
        """The sample since the last call, or None for the first call: a dict, see `protocol.Measurement`.

        A call less than MIN_SECONDS after the last one measures from the one before. Raise the error of psutil if the
        CPU times cannot be read. Any other part that cannot be read is None, and named in `missing`.
        """
        if self._root:
            psutil.PROCFS_PATH = f"{self._root}/proc"
        now = self._read_counters()
        if self._latest is None or now["clock"] - self._latest["clock"] >= MIN_SECONDS:
            self._before, self._latest = self._latest, now
        return None if self._before is None else self._since(self._before, now)

    def _read_counters(self) -> Sample:
        missing: list[str] = []
        group = Cgroup(self._root)
        return {
            "missing": missing,
            "clock": clock(),
            "at": time.time(),
            "cpu": CpuTimes(psutil.cpu_times()),
            "cores": part(
                "cores", missing, lambda: [CpuTimes(each) for each in psutil.cpu_times(percpu=True)]
            ),
            "core_limit": part("limits", [], group.cores),
            "memory_limit": part("limits", [], group.memory),
            "traffic": part("network", missing, self._read_traffic),
        }

    def _since(self, before: Sample, now: Sample) -> Sample:
        seconds = max(0.0, now["clock"] - before["clock"])
        missing = list(now["missing"])
        sample = {
            "at": now["at"],
            "interval": round(seconds, 3),
            "cpu": now["cpu"].share("busy", before["cpu"]),
            "steal": now["cpu"].share("steal", before["cpu"]),
            "iowait": now["cpu"].share("iowait", before["cpu"]),
            "cores": self._cores(before, now),
            "memory": part("memory", missing, self._memory),
            "swap": part("swap", missing, self._swap),
            "load": part("load", missing, self._load),
            "network": self._network(before, now, seconds),
            "uptime": part("uptime", missing, lambda: max(0, int(now["at"] - psutil.boot_time()))),
        }
        self._apply_limits(sample, before, now, seconds)
        self._add_disks(sample, missing)
        return {**sample, "missing": missing}

    def _cores(self, before: Sample, now: Sample) -> list[float] | None:
        if before["cores"] is None or now["cores"] is None:
            return None
        return list(map(lambda core, earlier: core.share("busy", earlier), now["cores"], before["cores"]))

    def _read_traffic(self) -> dict[str, int]:
        """The bytes since the first reading, by direction. An interface that comes or goes adds none."""
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        found = {name: counters[name] for name in uplinks(list(counters), self._root)}
        before = found if self._interfaces is None else self._interfaces
        self._interfaces = found
        for direction, field in (("sent", "bytes_sent"), ("received", "bytes_recv")):
            for name in found.keys() & before.keys():
                self._traffic[direction] += max(0, getattr(found[name], field) - getattr(before[name], field))
        return dict(self._traffic)

    def _network(self, before: Sample, now: Sample, seconds: float) -> dict[str, int] | None:
        if before["traffic"] is None or now["traffic"] is None:
            return None
        totals = {f"{name}_total": count for name, count in now["traffic"].items()}
        return totals | {
            name: round((count - before["traffic"][name]) / seconds) if seconds > 0 else 0
            for name, count in now["traffic"].items()
        }

    def _memory(self) -> Sample:
        memory = psutil.virtual_memory()
        stats = dict(
            line.split()[::2]
            for line in read_text(f"{self._root}/proc/spl/kstat/zfs/arcstats").splitlines()[2:]
        )
        cache = max(0, int(stats.get("size", 0)) - int(stats.get("c_min", 0)))  # ZFS keeps the rest
        return usage(max(0, memory.total - memory.available - cache), memory.total)

    def _swap(self) -> Sample:
        swap = psutil.swap_memory()
        return usage(swap.used, swap.total)

    def _load(self) -> list[float]:
        written = read_text(f"{self._root}/proc/loadavg").split()[:3]
        return [round(float(each), 2) for each in written or psutil.getloadavg()]

    def _apply_limits(self, sample: Sample, before: Sample, now: Sample, seconds: float) -> None:
        limit = now["core_limit"]
        if limit and before["core_limit"] and limit[0] < len(now["cores"] or ()):
            used = limit[1] - before["core_limit"][1]
            sample["cpu"] = percent(used, limit[0] * seconds)
            sample["cores"] = [sample["cpu"]] * max(1, round(limit[0]))
            sample["limited"] = True
        limit = now["memory_limit"]
        if limit and sample["memory"] and limit[0] <= sample["memory"]["total"]:
            sample["memory"] = usage(limit[1], limit[0])
            sample["limited"] = True

    def _add_disks(self, sample: Sample, missing: list[str]) -> None:
        places = part("disks", missing, lambda: mounts(self._root))
        data = f"{self._root}{self._disk_path}"
        found = self._disks.read([data, *(f"{self._root}{mount}" for mount in places or ())])
        space = found.get(data)
        sample["disk"] = space and {**usage_of_disk(space), "used": space.used}
        if space is None:
            missing.append("disk")
        sample["disks"] = None if places is None else []
        for mount in places or ():
            path = f"{self._root}{mount}"
            space = found.get(path)
            if path not in found:  # it hangs
                missing.append(mount)
                sample["disks"].append({"mount": mount, "percent": None, "available": None, "total": None})
            elif space is not None and space.total > 0:
                sample["disks"].append({"mount": mount, **usage_of_disk(space)})
        for name in set(missing) & {"disk", *(places or ())}:
            warn_once(name, "no answer")


def usage_of_disk(space: Any) -> Sample:
    """Space as `df` counts it: `available` is for users, and some is reserved for root."""
    return {
        "percent": percent(space.used, space.used + space.free),
        "available": space.free,
        "total": space.total,
    }


def part(name: str, missing: list[str], read: Callable[[], T]) -> T | None:
    """What `read` returns, or None if it fails; then `name` is missing."""
    try:
        return read()
    except Exception as error:  # psutil raises different errors on each platform
        warn_once(name, type(error).__name__)
        missing.append(name)
        return None


@lru_cache(maxsize=64)
def warn_once(name: str, reason: str) -> None:
    """Warn of each pair once in a process: the same warning would come with every sample."""
    logger.warning("cannot read %s of this machine (%s): it is missing in pulses", name, reason)
