"""The agent of a machine: measures it and posts its pulse to a site. One file, to be copied.

    PULSE_TOKEN=… python agent.py --to https://site

It needs Python 3.9 and psutil, and as little memory as it can. The site's own worker measures with it, too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import ssl
import sys
import threading
import time
from collections import deque
from functools import lru_cache, partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import psutil

TYPE_CHECKING = False  # that of `typing`, which takes memory
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    T = TypeVar("T")
    Sample = dict[str, Any]

VERSION = "1"
PATH = "/api/pulse/samples"
POST_SECONDS = 20.0  # for an answer
SPREAD = 0.4  # of the interval: agents that sample at the same time post one after the other
STOP_SECONDS = 3.0  # to tell the site that this agent stops
RETRY_SECONDS = 30.0  # at most, between attempts
REFUSED_SECONDS = 60.0  # before the next attempt with a token that was refused
KEPT_SECONDS, KEPT_SAMPLES = 3600.0, 3600  # while the site is away
BATCH_BYTES = 250_000

MIN_SECONDS = 0.1  # CPU time is counted in hundredths of a second: a shorter difference is mostly rounding
FIRST_SECONDS = 0.2  # covered by the first sample: short, since a client may wait for it
DISK_SECONDS = 0.5  # to read all disks; then those that hang are missing
DISK_THREAD = "pulse disks"
MOST_HANGING = 2  # threads: one that a disk holds, and one that a second disk holds
MOST_DISKS = 32

ALWAYS_FULL = {"squashfs", "iso9660", "udf", "erofs"}
WITHOUT_DEVICE = {"zfs", "btrfs", "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph"}
# Interfaces that are no uplink of a machine without a physical one: what they carry passes another one, too.
VIRTUAL = re.compile("lo|br|veth|docker|virbr|cni|cali|flannel|vx|dummy|ifb|tu?n|tap|wg|sit|gre|ip6|ip_|vlan")
STACKED = re.compile("lower_|bridge$|bonding$|tun_flags$")  # entries of such an interface in /sys
NO_DISK = re.compile(
    "loop|z?ram|dm-|md|sr|fd|nbd"
)  # block devices without a physical one below them, or upon another


def clock() -> float:
    """Seconds that no set clock changes. On Linux they go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _print(text: str) -> None:
    sys.stderr.write(f"pulse agent: {text}\n")


warn: Callable[[str], None] = _print  # tells the operator; a site's worker puts its log here


@lru_cache(maxsize=64)
def warn_once(name: str, reason: str) -> None:
    """Warn of each pair once in a process: the same warning would come with every sample."""
    warn(f"cannot read {name} of this machine ({reason}): it is missing in pulses")


def part(name: str, missing: list[str], read: Callable[[], T]) -> T | None:
    """What `read` returns, or None if it fails; then `name` is missing."""
    try:
        return read()
    except Exception as error:  # psutil raises different errors on each platform
        warn_once(name, type(error).__name__)
        missing.append(name)
        return None


def read_text(path: str) -> str:
    """The text of a small file, empty if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def percent(share: float, whole: float) -> float:
    """A share as 0 to 100, rounded to a tenth."""
    return round(100 * min(max(share, 0), whole) / whole, 1) if whole > 0 else 0.0


def usage(used: int, total: int) -> Sample:
    """The use of a resource of `total` bytes."""
    return {"percent": percent(used, total), "used": used, "total": total}


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

    def _read(self, controller: str, group: str, *names: str) -> str:
        """The text of the first of the files `names` that says something."""
        version_1 = f"/{controller}" if controller in self._paths else ""
        texts = (read_text(f"{self._base}{version_1}{group}/{name}") for name in names)
        return next(filter(None, texts), "")

    def memory(self) -> tuple[int, int] | None:
        """The lowest limit and what is in use of it without the page cache, in bytes; None without a limit."""
        limits = []
        for group in self._groups("memory"):
            limit = self._read("memory", group, "memory.max", "memory.limit_in_bytes")
            limits += [(int(limit), group)] if limit.isdigit() else []
        if not limits:
            return None
        limit_in_bytes, group = min(limits)
        used = int(self._read("memory", group, "memory.current", "memory.usage_in_bytes"))
        stat: dict[str, str] = dict(re.findall(r"(\w+) (\d+)", self._read("memory", group, "memory.stat")))
        for name in ("active_file", "inactive_file", "slab_reclaimable"):
            used -= int(stat.get(f"total_{name}", stat.get(name, 0)))
        return limit_in_bytes, max(0, used)

    def cores(self) -> tuple[float, float] | None:
        """The lowest limit of cores, and the seconds of CPU time that were used of it; None without a limit."""
        limits: list[tuple[float, str]] = []
        for group in self._groups("cpu"):
            quota = self._read("cpu", group, "cpu.max", "cpu.cfs_quota_us").split()
            quota += [self._read("cpu", group, "cpu.cfs_period_us")]
            limits += [(int(quota[0]) / int(quota[1]), group)] if quota[0].isdigit() else []
        for group in self._groups("cpuset"):
            cpus = self._read("cpuset", group, "cpuset.cpus.effective", "cpuset.effective_cpus")
            # Such as `0-2,7`.
            ends = [ends.split("-") for ends in cpus.split(",") if ends]
            limits += [(sum(int(end[-1]) - int(end[0]) + 1 for end in ends), group)] if ends else []
        return min(((cores, self._used(group)) for cores, group in limits), default=None)

    def _used(self, group: str) -> float:
        found = re.search(r"usage_usec (\d+)", self._read("cpu", group, "cpu.stat"))
        return int(found[1]) / 1e6 if found else int(self._read("cpuacct", group, "cpuacct.usage") or 0) / 1e9


def uplinks(names: list[str], root: str) -> list[str]:
    """Those of the interfaces `names` that lead out of the machine, and are not stacked on another one.

    Physical ones have a device; inside a container none has. The second function of a virtual machine's interface has
    the first as its master, which counts both.
    """
    folders = {name: f"{root}/sys/class/net/{name}" for name in names}
    entries = {name: os.listdir(path) if os.path.isdir(path) else [] for name, path in folders.items()}
    physical = [name for name in names if "device" in entries[name]]
    others = [
        name for name in names if not VIRTUAL.match(name) and not any(map(STACKED.match, entries[name]))
    ]
    return [name for name in physical if not os.path.exists(f"{folders[name]}/master/device")] or others


def block_devices(names: Iterable[str], root: str) -> list[str]:
    """Those of the block devices `names` that are whole disks, and not parts of one or stacked on one."""
    folder = f"{root}/sys/block"
    whole = [name for name in names if not os.path.isdir(folder) or os.path.isdir(f"{folder}/{name}")]
    physical = [name for name in whole if os.path.exists(f"{folder}/{name}/device")]
    return physical or [name for name in whole if not NO_DISK.match(name)]


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
        visible[mount] = (inside != "/", len(mount), mount, device, is_disk and kind not in ALWAYS_FULL)
    once: dict[str, str] = {}
    for _, _, mount, device, is_disk in sorted(visible.values()):
        if is_disk:
            once.setdefault(device, mount)
    return sorted(once.values())[:MOST_DISKS]


class Disks:
    """The space of disks, read in threads, since a disk that hangs holds whoever asks for it.

    It is not asked for again until it has answered.
    """

    def __init__(self) -> None:
        self._hanging: dict[str, threading.Thread] = {}  # by path, the thread that it holds

    def read(self, paths: Iterable[str]) -> dict[str, Any]:
        """The space and use of inodes by path, without disks that hang; None for no folder or one without a size."""
        self._hanging = {path: thread for path, thread in self._hanging.items() if thread.is_alive()}
        todo = [path for path in dict.fromkeys(paths) if path not in self._hanging]
        found: dict[str, Any] = {}
        while todo and len(self._hanging) < MOST_HANGING:
            thread = threading.Thread(None, self._read, DISK_THREAD, (todo, found), daemon=True)
            thread.start()
            thread.join(DISK_SECONDS)
            todo = [path for path in todo if path not in found]
            if todo:
                self._hanging[todo.pop(0)] = thread
        return dict(found)

    @staticmethod
    def _read(paths: list[str], found: dict[str, Any]) -> None:
        for path in paths:
            space = part(path, [], partial(psutil.disk_usage, path))
            inodes = part("inodes", [], partial(_inodes, path))
            found[path] = (space, inodes) if os.path.isdir(path) and space and space.total else None


def _inodes(path: str) -> float | None:
    """The percent of the inodes that are used; None where there is no fixed number of them."""
    stat = os.statvfs(path) if hasattr(os, "statvfs") else None
    used = stat.f_files - stat.f_ffree if stat else 0
    return percent(used, used + stat.f_favail) if stat and stat.f_files else None


class Counters:
    """Counts of bytes since the first reading. A part that comes or goes adds none."""

    def __init__(self, **fields: str) -> None:
        self._fields = fields  # by name, that of psutil
        self._before: dict[str, Any] | None = None  # by part, as read last
        self._totals = dict.fromkeys(fields, 0)

    def add(self, found: dict[str, Any]) -> dict[str, int]:
        """The totals, with what the parts `found` have more than when they were read last."""
        before = found if self._before is None else self._before
        self._before = found
        for name, field in self._fields.items():
            for each in found.keys() & before.keys():
                self._totals[name] += max(0, getattr(found[each], field) - getattr(before[each], field))
        return dict(self._totals)


class CpuTimes:
    """Seconds of CPU time since the machine started."""

    def __init__(self, times: Any) -> None:
        # Linux counts the time of guests in `user` and `nice` too.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        self.steal: float = getattr(times, "steal", 0.0)
        self.iowait: float = getattr(times, "iowait", 0.0)
        self.total: float = sum(times) - guests
        self.cpu: float = self.total - times.idle - self.iowait - self.steal

    def share(self, before: CpuTimes, name: str = "cpu") -> float:
        """The percent of the time since `before` that were `name`."""
        return percent(getattr(self, name) - getattr(before, name), self.total - before.total)


class Sampler:
    """A source of samples of this machine, or of one whose files are below `root`. Not thread-safe."""

    def __init__(self, disk_path: str = "/", root: str = "") -> None:
        self._disk_path, self._root = disk_path, root
        self._disks = Disks()
        self._traffic = Counters(sent="bytes_sent", received="bytes_recv")
        self._blocks = Counters(read="read_bytes", written="write_bytes")
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
            "cores": part("cores", missing, lambda: list(map(CpuTimes, psutil.cpu_times(percpu=True)))),
            "core_limit": part("limits of cores", [], group.cores),
            "memory_limit": part("limits of memory", [], group.memory),
            "network": part("network", missing, self._read_traffic),
            "io": part("io", missing, self._read_blocks),
        }

    def _since(self, before: Sample, now: Sample) -> Sample:
        seconds = max(0.0, now["clock"] - before["clock"])
        missing = list(dict.fromkeys(before["missing"] + now["missing"]))
        sample = {"at": now["at"], "interval": round(seconds, 3), "missing": missing}
        for name in ("cpu", "steal", "iowait"):
            sample[name] = now["cpu"].share(before["cpu"], name)
        sample["cpu_seconds"] = round(now["cpu"].cpu, 2)
        cores = before["cores"] and now["cores"]
        sample["cores"] = cores and list(map(CpuTimes.share, cores, before["cores"]))
        for name in ("network", "io"):
            sample[name] = before[name] and now[name] and _rates(before[name], now[name], seconds)
        for name in ("memory", "swap", "load", "uptime"):
            sample[name] = part(name, missing, getattr(self, f"_{name}"))
        self._apply_limits(sample, before, now, seconds)
        self._add_disks(sample, missing)
        return sample

    def _read_traffic(self) -> dict[str, int]:
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        return self._traffic.add({name: counters[name] for name in uplinks(list(counters), self._root)})

    def _read_blocks(self) -> dict[str, int] | None:
        counters = psutil.disk_io_counters(perdisk=True, nowrap=False)
        disks = block_devices(counters, self._root)
        return self._blocks.add({name: counters[name] for name in disks}) if disks else None

    def _memory(self) -> Sample:
        memory = psutil.virtual_memory()
        stats = dict(re.findall(r"(\w+) +4 +(\d+)", read_text(f"{self._root}/proc/spl/kstat/zfs/arcstats")))
        cache = max(0, int(stats.get("size", 0)) - int(stats.get("c_min", 0)))  # ZFS keeps the rest
        return usage(max(0, memory.total - memory.available - cache), memory.total)

    def _swap(self) -> Sample:
        swap = psutil.swap_memory()
        return usage(swap.used, swap.total)

    def _uptime(self) -> int:
        return max(0, int(time.time() - psutil.boot_time()))

    def _load(self) -> list[float]:
        written = read_text(f"{self._root}/proc/loadavg").split()[:3]
        return [round(float(each), 2) for each in written or psutil.getloadavg()]

    def _apply_limits(self, sample: Sample, before: Sample, now: Sample, seconds: float) -> None:
        limit, earlier = now["core_limit"], before["core_limit"]
        if limit and earlier and limit[0] < len(now["cores"] or ()):
            sample["cpu"] = percent(limit[1] - earlier[1], limit[0] * seconds)
            sample["cpu_seconds"] = round(limit[1], 2)
            sample["cores"] = [sample["cpu"]] * max(1, round(limit[0]))
            sample["limited"] = True
        limit = now["memory_limit"]
        if limit and sample["memory"] and limit[0] <= sample["memory"]["total"]:
            sample["memory"] = usage(limit[1], limit[0])
            sample["limited"] = True

    def _add_disks(self, sample: Sample, missing: list[str]) -> None:
        places = part("disks", missing, lambda: mounts(self._root))
        paths = {mount: f"{self._root}{mount}" for mount in (self._disk_path, *(places or ()))}
        found = self._disks.read(paths.values())
        space = found.get(paths[self._disk_path])
        sample["disk"] = space and {**_space(space), "used": space[0].used}
        # Not a file that is mounted, nor what has no size; but what hangs.
        shown = [mount for mount in places or () if paths[mount] not in found or found[paths[mount]]]
        disks = [{"mount": mount, **_space(found.get(paths[mount]))} for mount in shown]
        sample["disks"] = None if places is None else disks
        hanging = ["disk"] * (space is None) + [mount for mount in shown if paths[mount] not in found]
        for name in hanging:
            warn_once(name, "no answer")
        missing += hanging


def _space(disk: Any) -> Sample:
    """Space as `df` counts it: `available` is for users, and some is reserved for root. None if it is unknown."""
    if disk is None:
        return dict.fromkeys(("percent", "available", "total", "inodes"))
    space, inodes = disk
    users = {"percent": percent(space.used, space.used + space.free), "available": space.free}
    return {**users, "total": space.total, "inodes": inodes}


def _rates(before: dict[str, int], now: dict[str, int], seconds: float) -> dict[str, int]:
    per_second = {name: round((now[name] - before[name]) / (seconds or 1)) for name in now}
    return {**per_second, **{f"{name}_total": count for name, count in now.items()}}


class Site:
    """The site that gets the samples, by one kept connection."""

    def __init__(self, address: str, token: str) -> None:
        url = urlsplit(address)
        self._connection = HTTPConnection(url.hostname or "", url.port, timeout=POST_SECONDS)
        if url.scheme == "https":
            self._connection = HTTPSConnection(
                url.hostname or "", url.port, timeout=POST_SECONDS, context=_tls()
            )
        self._path = url.path.rstrip("/") + PATH
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": f"rtproject-agent/{VERSION} (Python {sys.version.split()[0]}; {sys.platform})",
        }

    def post(self, body: bytes) -> tuple[int, Any]:
        """The status and the content of the answer. Raise OSError, HTTPException or ValueError if there is none."""
        is_new = self._connection.sock is None
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            answer = response.read(BATCH_BYTES)
            return response.status, json.loads(answer) if response.status == 200 else answer.decode(
                errors="replace"
            )
        except (OSError, HTTPException):
            self._connection.close()
            if is_new:
                raise
            return self.post(body)  # the site may have closed the connection because it was idle


def _tls() -> ssl.SSLContext:
    """A context that reads only the certificate that it needs, where it can: all of them take 1.3 MB."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    folder = ssl.get_default_verify_paths().capath
    if (
        folder
        and "SSL_CERT_FILE" not in os.environ
        and any(name.endswith(".0") for name in os.listdir(folder))
    ):
        context.load_verify_locations(capath=folder)
    else:
        context.load_default_certs()
    return context


class Agent:
    """Samples of this machine at each tick of the site's clock, and the thread that posts them."""

    def __init__(self, site: Site, sampler: Sampler) -> None:
        self._site, self._sampler = site, sampler
        self._boot = read_text("/proc/sys/kernel/random/boot_id") or os.urandom(16).hex()
        self._kept: deque[tuple[float, bytes]] = deque(maxlen=KEPT_SAMPLES)  # with when they were taken
        self._has_new, self._stopping = threading.Event(), threading.Event()
        self._interval, self._phase = 5.0, random.uniform(0, SPREAD)  # noqa: S311
        self._offset = time.time() - clock()  # of the site's clock
        self._failures = 0  # in a row
        self._state: object = None  # as it was told

    def run(self) -> None:
        """Sample and post until the process is told to end, and tell the site so."""
        posting = threading.Thread(target=self._post_always, daemon=True)
        posting.start()
        pause = FIRST_SECONDS
        try:
            while True:
                sample = part("anything", [], self._sampler.sample)
                if sample is not None:
                    self._keep(sample)
                time.sleep(pause)
                # A moment after the tick, so that none is sampled twice.
                pause = self._interval - (clock() + self._offset) % self._interval + 0.01
        finally:
            self._stopping.set()
            self._has_new.set()
            posting.join(STOP_SECONDS)

    def _keep(self, sample: Sample) -> None:
        now = clock()
        del sample["at"]  # what the machine's clock says may change until it is posted
        self._kept.append((now, json.dumps(sample, separators=(",", ":")).encode()))
        self._forget(now - KEPT_SECONDS)
        self._has_new.set()

    def _forget(self, last: float) -> None:
        while self._kept and self._kept[0][0] <= last:
            self._kept.popleft()

    def _post_always(self) -> None:
        while not self._stopping.is_set():
            self._has_new.wait()
            self._stopping.wait(self._phase * self._interval)
            self._has_new.clear()
            while self._kept and not self._stopping.is_set():
                self._stopping.wait(self._post_batch())
        self._post_batch()

    def _post_batch(self) -> float:
        """Post the oldest samples; return the seconds until the next attempt."""
        began = clock()
        body, last = self._batch(began)
        try:
            status, answer = self._site.post(body)
            if status == 200:
                self._interval = max(0.05, float(answer["interval"]))
                self._offset = float(answer["now"]) - (began + clock()) / 2
        except Exception as error:  # a proxy may answer anything, and this thread must not end
            status, answer = 0, f"{type(error).__name__}: {error}"
        if status in (200, 400, 413):
            self._forget(last)
        if status == 200:
            self._failures = 0
            self._tell(status, "the site takes samples")
            return 0.0
        found = re.search('"detail": ?"([^"]*)"', answer)
        state = f"refuses samples: {status}" if status else "is out of reach:"
        self._tell(status, f"the site {state} {found[1] if found else answer[:200]}")
        self._failures = min(self._failures + 1, 10)
        pause = random.uniform(0.5, 1.0) * min(2.0**self._failures, RETRY_SECONDS)  # noqa: S311
        return REFUSED_SECONDS if status in (401, 403) else pause

    def _batch(self, now: float) -> tuple[bytes, float]:
        """The body of a post with the oldest samples, and when the last of them was taken."""
        samples: list[bytes] = []
        size, last = 0, 0.0
        for taken, text in list(self._kept):
            size += len(text) + 32
            if samples and size > BATCH_BYTES:
                break
            last = taken
            samples.append(b'{"at":%.3f,' % (time.time() - now + taken) + text[1:])
        state = b'"stopping":true,' * self._stopping.is_set()
        head = b'{%s"boot":"%s","now":%.3f,"samples":[' % (state, self._boot.encode(), time.time())
        return head + b",".join(samples) + b"]}", last

    def _tell(self, state: object, text: str) -> None:
        if state != self._state:
            warn(text)
        self._state = state


def main() -> None:
    """Run the agent of this machine."""
    parser = argparse.ArgumentParser(description="Measure this machine and post its pulse to a site.")
    parser.add_argument("--to", required=True, metavar="URL", help="the address of the site")
    parser.add_argument("--token-file", metavar="FILE", help="has the token; without it PULSE_TOKEN has")
    parser.add_argument("--disk", default="/", metavar="PATH", help="on the disk that matters most")
    options = parser.parse_args()
    token = read_text(options.token_file) if options.token_file else os.environ.get("PULSE_TOKEN", "")
    if not re.fullmatch("https?://[^/?#@]+[^?#]*", options.to):
        parser.error("--to is an address such as https://pulse.example.com")
    if not re.fullmatch("[!-~]+", token.strip()):
        parser.error("there is no token in PULSE_TOKEN or the file of --token-file")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # else a container's first process ignores it
    Agent(Site(options.to, token.strip()), Sampler(options.disk)).run()


if __name__ == "__main__":
    main()
