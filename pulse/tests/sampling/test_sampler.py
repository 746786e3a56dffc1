"""Measuring: the difference between two readings of the machine's counters."""

from collections import namedtuple
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.protocol import Network, Usage
from pulse.sampling import sampler
from pulse.sampling.sampler import MIN_SECONDS, CpuTimes, Sampler, difference, take_snapshot
from pulse.tests.support import NOON, snapshot

LinuxTimes = namedtuple("LinuxTimes", "user nice system idle iowait irq softirq steal guest guest_nice")
MacTimes = namedtuple("MacTimes", "user nice system idle")


@pytest.fixture(autouse=True)
def _nothing_was_warned_of() -> None:
    sampler._warn.cache_clear()


def failing(*args: Any, **kwargs: Any) -> Any:
    raise PermissionError("not in this container")


def test_cpu_is_the_busy_part_of_the_time_between_two_snapshots() -> None:
    sample = difference(snapshot(NOON, busy=100, idle=900), snapshot(NOON + 5, busy=101, idle=902))
    assert sample.cpu == 33.3


def test_each_core_is_measured_by_itself() -> None:
    before = snapshot(cores=(CpuTimes(1, 1), CpuTimes(1, 1)))
    after = snapshot(cores=(CpuTimes(2, 1), CpuTimes(1, 2)))
    assert difference(before, after).cores == (100.0, 0.0)


def test_a_core_that_came_in_between_is_left_out() -> None:
    after = snapshot(cores=(CpuTimes(1, 1), CpuTimes(50, 50)))
    assert difference(snapshot(cores=(CpuTimes(0, 0),)), after).cores == (50.0,)


def test_network_is_bytes_per_second() -> None:
    before = snapshot(NOON, network=Network(1000, 0))
    after = snapshot(NOON + 4, network=Network(3000, 10))
    assert difference(before, after).network == Network(500, 2)


def test_counters_that_went_back_count_as_nothing() -> None:
    before = snapshot(NOON, busy=50, idle=50, network=Network(1000, 1000))
    sample = difference(before, snapshot(NOON + 5))
    assert (sample.cpu, sample.network) == (0.0, Network(0, 0))


def test_two_snapshots_of_one_moment_divide_nothing_by_zero() -> None:
    sample = difference(snapshot(network=Network(1, 1)), snapshot(busy=1, network=Network(9, 9)))
    assert (sample.interval, sample.cpu, sample.network) == (0.0, 100.0, Network(0, 0))


def test_interval_is_the_seconds_that_were_covered() -> None:
    assert difference(snapshot(NOON), snapshot(NOON + 0.25)).interval == 0.25


def test_interval_is_never_negative() -> None:
    assert difference(snapshot(NOON), snapshot(NOON - 1)).interval == 0.0


def test_uptime_is_whole_seconds_since_the_machine_started() -> None:
    assert difference(snapshot(), snapshot(NOON, booted=NOON - 90.5)).uptime == 90


@pytest.mark.parametrize("booted", [None, NOON + 60])
def test_uptime_is_zero_if_the_start_is_unknown_or_in_the_future(booted: float | None) -> None:
    assert difference(snapshot(), snapshot(NOON, booted=booted)).uptime == 0


def test_what_is_no_counter_is_taken_from_the_later_snapshot() -> None:
    full: dict[str, Any] = {
        "memory": Usage(1, 2, 3),
        "swap": Usage(4, 5, 6),
        "disk": Usage(7, 8, 9),
        "load": (1.0, 2.0, 3.0),
    }
    sample = difference(snapshot(), snapshot(**full))
    assert (sample.memory, sample.swap, sample.disk, sample.load) == tuple(full.values())


seconds = st.floats(min_value=0, max_value=1e12)


@given(seconds, seconds, seconds, seconds)
def test_whatever_the_counters_say_cpu_is_between_0_and_100(a: float, b: float, c: float, d: float) -> None:
    assert 0 <= difference(snapshot(busy=a, idle=b), snapshot(busy=c, idle=d)).cpu <= 100


def test_waiting_for_a_disk_is_idle_and_guests_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times = LinuxTimes(
        user=10, nice=5, system=3, idle=80, iowait=4, irq=1, softirq=1, steal=2, guest=6, guest_nice=2
    )
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu=False: [times] if percpu else times)
    reading = take_snapshot("/")
    assert reading.cpu == CpuTimes(busy=22, idle=84)
    assert reading.cores == (reading.cpu,)


def test_a_system_without_iowait_and_guests_is_measured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    times = MacTimes(user=10, nice=1, system=2, idle=80)
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu=False: [] if percpu else times)
    assert take_snapshot("/").cpu == CpuTimes(busy=13, idle=80)


def test_this_machine_can_be_measured(tmp_path: Path) -> None:
    first = take_snapshot(tmp_path)
    sample = difference(first, take_snapshot(tmp_path))
    assert 0 <= sample.cpu <= 100
    assert sample.memory.total >= sample.memory.used > 0
    assert sample.disk.total > 0
    assert len(sample.cores) == psutil.cpu_count()
    assert sample.uptime > 0


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
def test_a_part_that_cannot_be_read_is_empty_and_the_others_are_there(
    function: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, function, failing)
    reading = take_snapshot("/")
    assert getattr(reading, part) == getattr(snapshot(), part)
    assert reading.cpu.busy > 0
    assert reading.cores


def test_cores_that_cannot_be_read_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = psutil.cpu_times()
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu=False: failing() if percpu else whole)
    assert take_snapshot("/").cores == ()


def test_a_part_that_cannot_be_read_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(psutil, "swap_memory", failing)
    take_snapshot("/")
    take_snapshot("/")
    assert caplog.messages == [
        "cannot read the swap of this machine (PermissionError); pulses show it as empty"
    ]


def test_a_machine_without_network_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_io_counters", lambda: None)
    assert take_snapshot("/").network == Network(0, 0)


def test_without_cpu_times_there_is_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_times", failing)
    with pytest.raises(PermissionError):
        take_snapshot("/")


def intervals(*moments: float) -> list[float | None]:
    """What a sampler says it covered when it is asked at these moments."""
    readings = iter([snapshot(NOON + moment) for moment in moments])
    measuring = Sampler(lambda: next(readings))
    samples = [measuring.sample() for _ in moments]
    return [None if sample is None else sample.interval for sample in samples]


def test_a_sampler_measures_from_one_call_to_the_next() -> None:
    assert intervals(0, 1, 3, 3.5) == [None, 1.0, 2.0, 0.5]


def test_a_sampler_asked_again_too_soon_measures_from_an_earlier_call() -> None:
    assert intervals(0, 1, 1.0625, 6) == [None, 1.0, 1.062, 5.0]


def test_a_sampler_asked_very_often_does_not_look_back_ever_further() -> None:
    covered = intervals(*(tick / 64 for tick in range(100)))
    assert max(each for each in covered if each) < 3 * MIN_SECONDS
