"""Measuring: the difference between two readings of a machine's counters."""

from collections import namedtuple
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.protocol import Network, Usage
from pulse.sampling import sampler
from pulse.sampling.sampler import MIN_SECONDS, CpuTimes, Sampler, difference, take_snapshot
from pulse.tests.support import NOON, snapshot

ROOT = Path("/")
LinuxTimes = namedtuple("LinuxTimes", "user nice system idle iowait irq softirq steal guest guest_nice")
MacTimes = namedtuple("MacTimes", "user nice system idle")


@pytest.fixture(autouse=True)
def _no_warning_yet() -> None:
    sampler._warn.cache_clear()


def failing(*args: Any, **kwargs: Any) -> Any:
    raise PermissionError("not in this container")


def test_rates_are_over_the_time_between_two_snapshots() -> None:
    before = snapshot(NOON, 100, 900, cores=(CpuTimes(1, 1), CpuTimes(1, 1)), network=Network(1000, 0))
    after = snapshot(NOON + 4, 101, 902, cores=(CpuTimes(2, 1), CpuTimes(1, 2)), network=Network(3000, 10))
    measured = difference(before, after)
    assert (measured.at, measured.interval, measured.cpu) == (NOON + 4, 4.0, 33.3)
    assert (measured.cores, measured.network) == ((100.0, 0.0), Network(500, 2))


def test_other_values_are_of_the_later_snapshot() -> None:
    full: dict[str, Any] = {
        "memory": Usage(1, 2, 3),
        "swap": Usage(4, 5, 6),
        "disk": Usage(7, 8, 9),
        "load": (1.0, 2.0, 3.0),
    }
    measured = difference(snapshot(), snapshot(**full))
    assert (measured.memory, measured.swap, measured.disk, measured.load) == tuple(full.values())


def test_counters_that_went_back_count_as_unchanged() -> None:
    before = snapshot(NOON, busy=50, idle=50, network=Network(1000, 1000))
    for seconds, interval in ((5, 5.0), (0, 0.0), (-1, 0.0)):
        measured = difference(before, snapshot(NOON + seconds))
        assert (measured.interval, measured.cpu, measured.network) == (interval, 0.0, Network(0, 0))


@pytest.mark.parametrize(("booted", "uptime"), [(NOON - 90.5, 90), (None, 0), (NOON + 60, 0)])
def test_uptime_is_whole_seconds_or_0_if_unknown(booted: float | None, uptime: int) -> None:
    assert difference(snapshot(), snapshot(NOON, booted=booted)).uptime == uptime


counters = st.floats(min_value=0, max_value=1e12)


@given(counters, counters, counters, counters)
def test_cpu_is_between_0_and_100_with_any_counters(a: float, b: float, c: float, d: float) -> None:
    assert 0 <= difference(snapshot(busy=a, idle=b), snapshot(busy=c, idle=d)).cpu <= 100


LINUX = LinuxTimes(
    user=10, nice=5, system=3, idle=80, iowait=4, irq=1, softirq=1, steal=2, guest=6, guest_nice=2
)


@pytest.mark.parametrize(
    ("times", "expected"),
    [(LINUX, CpuTimes(busy=22, idle=84)), (MacTimes(10, 1, 2, 80), CpuTimes(busy=13, idle=80))],
)
def test_a_wait_for_a_disk_is_idle_and_guests_count_once(
    times: Any, expected: CpuTimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu=False: [times] if percpu else times)
    reading = take_snapshot(ROOT)
    assert (reading.cpu, reading.cores) == (expected, (expected,))


def test_this_machine_can_be_measured(tmp_path: Path) -> None:
    first = take_snapshot(tmp_path)
    measured = difference(first, take_snapshot(tmp_path))
    assert 0 <= measured.cpu <= 100
    assert measured.memory.total >= measured.memory.used > 0
    assert measured.disk.total > 0
    assert len(measured.cores) == psutil.cpu_count()
    assert measured.uptime > 0


@pytest.mark.parametrize(
    ("function", "part"),
    [
        ("net_io_counters", "network"),
        ("virtual_memory", "memory"),
        ("swap_memory", "swap"),
        ("disk_usage", "disk"),
        ("getloadavg", "load"),
        ("boot_time", "booted"),
    ],
)
def test_an_unreadable_part_is_empty_and_logged_once(
    function: str, part: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(psutil, function, failing)
    for _ in range(2):
        reading = take_snapshot(ROOT)
    assert getattr(reading, part) == getattr(snapshot(), part)
    assert reading.cpu.busy > 0
    assert reading.cores
    (message,) = caplog.messages
    assert message.endswith("of this machine (PermissionError); pulses show it as empty")


def test_without_cpu_times_there_is_no_snapshot_but_without_cores_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = psutil.cpu_times()
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu=False: failing() if percpu else whole)
    assert take_snapshot(ROOT).cores == ()
    monkeypatch.setattr(psutil, "cpu_times", failing)
    with pytest.raises(PermissionError):
        take_snapshot(ROOT)


def test_a_machine_without_network_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_io_counters", lambda: None)
    assert take_snapshot(ROOT).network == Network(0, 0)


def intervals(*moments: float) -> list[float | None]:
    """The intervals of samples at these moments."""
    measuring = Sampler(ROOT)
    with patch.object(sampler, "take_snapshot", side_effect=[snapshot(NOON + moment) for moment in moments]):
        samples = [measuring.sample() for _ in moments]
    return [None if sample is None else sample.interval for sample in samples]


def test_a_sampler_measures_from_the_last_call_unless_that_was_just_now() -> None:
    assert intervals(0, 1, 3, 3.5) == [None, 1.0, 2.0, 0.5]
    assert intervals(0, 1, 1.0625, 6) == [None, 1.0, 1.062, 5.0]
    often = [interval for interval in intervals(*(tick / 64 for tick in range(100))) if interval]
    assert len(often) > 90
    assert max(often) < 3 * MIN_SECONDS
