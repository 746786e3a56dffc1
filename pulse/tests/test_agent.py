"""Measuring: machines whose files a test wrote, and what an agent says of them."""

import os
import threading
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest

from pulse import agent
from pulse.agent import MIN_SECONDS, Disks, Sampler
from pulse.protocol import Measurement

Files = dict[str, str]
Space = namedtuple("Space", "total used free")

GIB = 2**30
SECONDS = 10.0
NETWORK_HEAD = "Inter-|   Receive\n face |bytes\n"
V1, V2 = "sys/fs/cgroup", "sys/fs/cgroup/docker/a"


def cpu(user: int = 0, idle: int = 0, iowait: int = 0, steal: int = 0, guest: int = 0) -> Files:
    """The times of a machine with two equal cores, in hundredths of a second."""
    times = f"{user} 0 0 {idle} {iowait} 0 0 {steal} {guest} 0"
    return {"proc/stat": f"cpu {times}\ncpu0 {times}\ncpu1 {times}\nbtime 1000000000\n"}


def meminfo(total: int = 8, available: int = 6, swap: int = 0) -> Files:
    """Sizes in GiB."""
    of = dict.fromkeys(("MemFree", "Buffers", "Cached", "Shmem", "Active", "Inactive"), 1)
    of |= {"MemTotal": total, "MemAvailable": available, "SwapTotal": swap, "SwapFree": swap}
    return {"proc/meminfo": "".join(f"{name}: {gib * 2**20} kB\n" for name, gib in of.items())}


def traffic(**received: int) -> Files:
    """The bytes that each interface received; it sent half of them."""
    lines = [
        f"{name}: {count} 0 0 0 0 0 0 0 {count // 2} 0 0 0 0 0 0 0\n" for name, count in received.items()
    ]
    return {"proc/net/dev": NETWORK_HEAD + "".join(lines)}


def interfaces(*entries: str) -> Files:
    """Entries of /sys/class/net, such as `eth0/device`."""
    return {f"sys/class/net/{entry}/uevent": "" for entry in entries}


def blocks(**read: int) -> Files:
    """The bytes that each block device read; it wrote twice as many."""
    lines = [f"8 0 {name} 1 0 {count // 512} 0 1 0 {count // 256} 0 0 0 0\n" for name, count in read.items()]
    return {"proc/diskstats": "".join(lines)}


def mounted(*lines: str) -> Files:
    """Mounts as `device inside mount kind source`."""
    found = [line.split() for line in lines]
    return {
        "proc/self/mountinfo": "".join(
            f"1 1 {device} {inside} {mount} rw - {kind} {source} rw\n"
            for device, inside, mount, kind, source in found
        )
    } | {f".{mount}/.keep": "" for _, _, mount, kind, _ in found if kind != "file"}


PLAIN = {
    **cpu(),
    **meminfo(),
    **traffic(eth0=0),
    **interfaces("eth0/device"),
    **mounted("8:1 / / ext4 /dev/sda1"),
    **blocks(sda=0),
    "sys/block/sda/device/model": "",
    "proc/vmstat": "pswpin 0\npswpout 0\n",
    "proc/loadavg": "0.5 0.25 0.125 1/2 3\n",
    "proc/self/cgroup": "0::/\n",
}


class Machine:
    """A machine below a folder, SECONDS older with each sample."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._time = 0.0
        self.spaces = {"/": Space(100 * GIB, 20 * GIB, 60 * GIB)}
        self.sampler = Sampler("/", str(root))
        monkeypatch.setattr(agent, "clock", lambda: self._time)
        monkeypatch.setattr(psutil, "PROCFS_PATH", "/proc")
        monkeypatch.setattr(psutil, "disk_usage", self._disk_usage)
        monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_files=100, f_ffree=75, f_favail=50))
        self.write(PLAIN)

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self._root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def sample(self, files: Files | None = None) -> Any:
        self._time += SECONDS
        self.write(files or {})
        return self.sampler.sample()

    def _disk_usage(self, path: str) -> Space:
        mount = path.removeprefix(str(self._root))
        return self.spaces.get(mount or "/", Space(10 * GIB, 5 * GIB, 5 * GIB))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    agent.warn_once.cache_clear()
    return Machine(tmp_path, monkeypatch)


LIMITED_2 = {
    f"{V2}/cpu.max": "50000 100000",
    f"{V2}/cpu.stat": "usage_usec 0\n",
    "sys/fs/cgroup/docker/memory.max": f"{2 * GIB}",
    "sys/fs/cgroup/docker/memory.current": f"{GIB}",
    "sys/fs/cgroup/docker/memory.stat": f"anon 1\nactive_file {GIB // 4}\ninactive_file {GIB // 4}\n",
    "proc/self/cgroup": "0::/docker/a\n",
}
LIMITED_1 = {
    f"{V1}/cpu/cpu.cfs_quota_us": "100000",
    f"{V1}/cpu/cpu.cfs_period_us": "100000",
    f"{V1}/cpuacct/cpuacct.usage": "0",
    f"{V1}/memory/memory.limit_in_bytes": f"{4 * GIB}",
    f"{V1}/memory/memory.usage_in_bytes": f"{3 * GIB}",
    f"{V1}/memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {2 * GIB}\n",
    # From inside a container, whose own groups are mounted as the outermost.
    "proc/self/cgroup": "3:cpu:/docker/a\n2:cpuacct:/docker/a\n1:memory:/docker/a\n",
}
SERVICE = {
    "sys/fs/cgroup/system.slice/x.service/memory.max": "1000000",
    "proc/self/cgroup": "0::/system.slice/x.service\n",
}
ARC = {"proc/spl/kstat/zfs/arcstats": f"1\nname type data\nsize 4 {2 * GIB}\nc_min 4 {GIB}\n"}
BRIDGED = interfaces("eth0/device", "eth0/master", "br0/bridge", "br0/lower_eth0", "veth1/master")
BONDED = interfaces("eth0/device", "eth1/device", "bond0/bonding", "bond0/lower_eth0", "bond0.5/lower_bond0")
AZURE = interfaces("eth0/device", "enP1/device", "enP1/master/device")

CASES: dict[str, tuple[Files, Files, dict[str, Any]]] = {
    "steal and iowait are no use": (
        {},
        cpu(user=300, idle=500, iowait=100, steal=100),
        {"cpu": 30.0, "steal": 10.0, "iowait": 10.0, "cores": [30.0, 30.0]},
    ),
    "guests count once": ({}, cpu(user=500, idle=500, guest=400), {"cpu": 50.0}),
    "counters that went back": (cpu(user=500, idle=500), cpu(user=1, idle=1), {"cpu": 0.0}),
    "a container with limits, version 2": (
        LIMITED_2,
        {f"{V2}/cpu.stat": "usage_usec 2500000\n", **cpu(user=900, idle=100)},
        {
            "cpu": 50.0,
            "cores": [50.0],
            "limited": True,
            "memory": {"percent": 25.0, "used": GIB // 2, "total": 2 * GIB},
            "cpu_seconds": 2.5,
        },
    ),
    "a container with limits, version 1": (
        LIMITED_1,
        {f"{V1}/cpuacct/cpuacct.usage": "4000000000"},
        {"cpu": 40.0, "cores": [40.0], "memory": {"percent": 25.0, "used": GIB, "total": 4 * GIB}},
    ),
    "a container with one of two CPUs": (
        {"sys/fs/cgroup/cpuset.cpus.effective": "1", "sys/fs/cgroup/cpu.stat": "usage_usec 0\n"},
        {"sys/fs/cgroup/cpu.stat": "usage_usec 1000000\n"},
        {"cpu": 10.0, "cores": [10.0], "limited": True},
    ),
    "the limits of the agent's own service": (SERVICE, {}, {"limited": None}),
    "limits above the machine's": ({"sys/fs/cgroup/memory.max": f"{2**62}"}, {}, {"limited": None}),
    "the page cache is free": (
        meminfo(total=8, available=6, swap=1),
        {},
        {
            "memory": {"percent": 25.0, "used": 2 * GIB, "total": 8 * GIB},
            "swap": {"percent": 0.0, "used": 0, "total": GIB},
        },
    ),
    "so is ZFS's ARC": (
        meminfo(total=8, available=2) | ARC,
        {},
        {"memory": {"percent": 62.5, "used": 5 * GIB, "total": 8 * GIB}},
    ),
    "a disk with space for root": (
        {},
        {},
        {
            "disk": {
                "percent": 25.0,
                "available": 60 * GIB,
                "total": 100 * GIB,
                "used": 20 * GIB,
                "inodes": 33.3,
            }
        },
    ),
    "each disk once": (
        mounted(
            "8:1 / / ext4 /dev/sda1",
            "8:1 /srv /bound ext4 /dev/sda1",
            "8:2 / /data\\040of\\040all ext4 /dev/sdb1",
            "0:40 / /var/lib/docker/overlay2/x overlay overlay",
            "0:41 / /run tmpfs tmpfs",
            "7:0 / /snap/core squashfs /dev/loop0",
            "0:42 / /tank zfs tank",
            "8:3 /volumes/x /etc/hosts file /dev/sdc1",
            "8:4 / /hidden ext4 /dev/sdd1",
            "0:43 / /hidden tmpfs tmpfs",
        )
        | {"data of all/.keep": ""},
        {},
        {"mounts": ["/", "/data of all", "/tank"]},
    ),
    "a container's own disk": (
        mounted("0:40 / / overlay overlay", "8:1 /x /etc/hosts file /dev/sda1"),
        {},
        {"mounts": ["/"]},
    ),
    "what a bridge carries": (
        BRIDGED | traffic(lo=0, eth0=0, br0=0, veth1=0),
        traffic(lo=90, eth0=1000, br0=1000, veth1=1000),
        {"received": 100, "sent": 50},
    ),
    "what a bond and its VLAN carry": (
        BONDED | traffic(eth0=0, eth1=0, bond0=0, **{"bond0.5": 0}),
        traffic(eth0=100, eth1=200, bond0=300, **{"bond0.5": 300}),
        {"received": 30, "received_total": 300},
    ),
    "two functions of one interface": (
        AZURE | traffic(eth0=0, enP1=0),
        traffic(eth0=100, enP1=90),
        {"received": 10},
    ),
    "an interface that comes": (interfaces("eth1/device"), traffic(eth0=100, eth1=10**12), {"received": 10}),
    "an interface that goes": (
        interfaces("eth1/device") | traffic(eth0=0, eth1=10**12),
        traffic(eth0=100),
        {"received": 10, "received_total": 100},
    ),
    "what a partition and a RAID read": (
        blocks(sda=0, sda1=0, md0=0) | {"sys/block/md0/size": ""},
        blocks(sda=10240, sda1=10240, md0=10240),
        {"io": {"read": 1024, "written": 2048, "read_total": 10240, "written_total": 20480}},
    ),
    "no disk of its own": ({"proc/diskstats": ""}, {}, {"io": None, "missing": []}),
    "seconds of all cores": (cpu(user=500), {}, {"cpu_seconds": 5.0}),
    "load and uptime": ({}, {}, {"load": [0.5, 0.25, 0.12], "missing": []}),
    "no load": ({"proc/loadavg": "?\n"}, {}, {"load": None, "missing": ["load"]}),
    "no network": ({"proc/net/dev": "?\n?\neth0: x\n"}, {}, {"network": None, "missing": ["network"]}),
    "no memory": ({"proc/meminfo": ""}, {}, {"memory": None, "missing": ["memory"]}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_machine(machine: Machine, case: str) -> None:
    before, after, expected = CASES[case]
    machine.sample(before)
    sample = machine.sample(after)
    mounts = {"mounts": [disk["mount"] for disk in sample["disks"]]}
    seen = sample | (sample["network"] or {}) | mounts
    assert {name: seen.get(name) for name in expected} == expected
    msgspec.convert(sample, Measurement)


def test_a_container_without_a_physical_interface_has_uplinks(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "sys/class/net/eth0/device/uevent").unlink()
    (tmp_path / "sys/class/net/eth0/device").rmdir()
    machine.sample(interfaces("br0/bridge") | traffic(lo=0, eth0=0, br0=0, veth1=0))
    assert machine.sample(traffic(lo=9, eth0=100, br0=9, veth1=9))["network"]["received"] == 10


def test_an_interface_that_comes_back_starts_where_it_is(machine: Machine) -> None:
    machine.sample(traffic(eth0=500))
    for counters, received in (({}, 0), ({"eth0": 900}, 0), ({"eth0": 1000}, 10)):
        assert machine.sample(traffic(**counters))["network"]["received"] == received


def hanging() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == agent.DISK_THREAD]


def test_a_disk_that_hangs_is_missing_alone_until_it_answers(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "DISK_SECONDS", 0.2)
    answers = threading.Event()
    usage = psutil.disk_usage
    monkeypatch.setattr(
        psutil, "disk_usage", lambda path: (path.endswith("/nfs") and answers.wait(), usage(path))[1]
    )
    machine.sample(mounted("8:1 / / ext4 /dev/sda1", "0:50 / /nfs nfs4 nas:/", "0:51 / /zfs zfs zfs"))
    for _ in range(3):
        sample = machine.sample()
        assert sample["disk"]["percent"] == 25.0
        assert [(disk["mount"], disk["percent"]) for disk in sample["disks"]] == [
            ("/", 25.0),
            ("/nfs", None),
            ("/zfs", 50.0),
        ]
        assert sample["missing"] == ["/nfs"]
    assert len(hanging()) == 1
    answers.set()
    for thread in hanging():
        thread.join()
    assert machine.sample()["missing"] == []


def test_however_many_disks_hang_few_threads_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(agent, "DISK_SECONDS", 0.05)
    answers = threading.Event()
    monkeypatch.setattr(psutil, "disk_usage", lambda path: answers.wait() and None)
    disks = Disks()
    for _ in range(3):
        assert disks.read([str(tmp_path), str(tmp_path.parent), "/", "/usr"]) == {}
    assert len(hanging()) == agent.MOST_HANGING
    answers.set()
    for thread in hanging():
        thread.join()


def test_an_unreadable_part_is_told_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(agent, "warn", told.append)
    machine.sample({"proc/loadavg": "?\n"})
    for _ in range(2):
        machine.sample()
    assert told == ["cannot read load of this machine (ValueError): it is missing in pulses"]


def test_without_cpu_times_there_is_no_sample(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "proc/stat").unlink()
    with pytest.raises(FileNotFoundError):
        machine.sample()


def test_a_sample_is_since_the_last_call_unless_that_was_just_now(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [0, 1, 1 + MIN_SECONDS / 2, 6, *(10 + tick / 64 for tick in range(100))]
    monkeypatch.setattr(agent, "clock", iter(moments).__next__)
    samples = [machine.sampler.sample() for _ in moments]
    intervals = [sample and sample["interval"] for sample in samples]
    assert intervals[:4] == [None, 1.0, 1.05, 5.0]
    assert max(filter(None, intervals[20:])) < 3 * MIN_SECONDS


def test_this_machine_can_be_measured() -> None:
    sampler = Sampler()
    assert sampler.sample() is None
    measured = msgspec.convert(sampler.sample() or sampler.sample(), Measurement | None)
    assert measured is None or (measured.memory and measured.disk and measured.cores)
