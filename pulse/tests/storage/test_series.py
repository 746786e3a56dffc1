"""Stored figures as charts get them."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from pulse.figures import NAMES
from pulse.protocol import moment
from pulse.storage.pruning import prune
from pulse.storage.rollups import DAY, HOUR, QUARTER, STEPS, WEEK
from pulse.storage.series import RAW, HostSeries, series
from pulse.storage.store import store_samples
from pulse.tests.support import INTERVAL, NOON, new_sample
from rtproject.utils.db import store_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _interval(settings: Settings) -> None:
    settings.PULSE_INTERVAL = INTERVAL


def store(host: str, *pulses: tuple[float, float], interval: float = INTERVAL) -> None:
    """Store pulses, each as its age at NOON and its CPU."""
    for age, cpu in pulses:
        store_samples([new_sample(host, NOON - age, cpu=cpu, interval=interval)])


def of(seconds: int, host: str = "a", now: float = NOON) -> HostSeries:
    return series(seconds, now).hosts[host]


def test_five_minutes_show_every_sample_and_gaps_until_now() -> None:
    store("a", (20, 10.0), (10, 30.0), (5, 20.0))
    found = series(RAW, NOON)
    assert (found.now, found.range, found.step) == (NOON, RAW, INTERVAL)
    host = found.hosts["a"]
    assert (host.start, host.interval, host.last) == (NOON - 20, INTERVAL, NOON - 5)
    assert host.metrics["cpu"].mean == host.metrics["cpu"].peak == [10.0, None, 30.0, 20.0, None]
    assert list(host.metrics) == NAMES
    assert {len(column) for metric in host.metrics.values() for column in (metric.mean, metric.peak)} == {5}


@pytest.mark.parametrize("seconds", [HOUR, DAY])
def test_an_hour_and_a_day_have_longer_steps_with_their_peaks(seconds: int) -> None:
    store("a", (STEPS[seconds], 10.0), (10, 95.0), (5, 5.0), (0, 20.0))
    found = series(seconds, NOON + 1)
    assert found.step == STEPS[seconds]
    host = found.hosts["a"]
    assert host.start == NOON - STEPS[seconds]
    assert max(value or 0 for value in host.metrics["cpu"].peak) == 95
    assert host.metrics["cpu"].mean == [pytest.approx((10 + 95 + 5) / 3, abs=0.01), 20.0]


@pytest.mark.parametrize(("seconds", "step"), [(WEEK, 3600), (QUARTER, 6 * 3600)])
def test_a_week_and_90_days_show_what_is_kept_of_pruned_samples(seconds: int, step: int) -> None:
    store("a", (3 * DAY + 5, 10.0), (3 * DAY, 30.0), (0, 20.0))
    prune(moment(NOON))
    found = series(seconds, NOON)
    metric = found.hosts["a"].metrics["cpu"]
    assert (found.step, metric.mean[-1], metric.peak[-1]) == (step, 20, 20)
    assert max(peak or 0 for peak in metric.peak[:-1]) == 30
    assert len(metric.mean) in {3 * DAY // step + 1, 3 * DAY // step + 2}


@pytest.mark.parametrize(("seconds", "margin"), [(RAW, 10), (HOUR, 100)])
def test_samples_before_the_range_and_of_the_future_are_left_out(seconds: int, margin: int) -> None:
    store("a", (seconds + margin, 10.0), (seconds - margin, 20.0), (-3600, 30.0))
    peak = of(seconds).metrics["cpu"].peak
    assert [value for value in peak if value is not None] == [20]


def test_hosts_come_by_name_with_their_own_starts_and_steps() -> None:
    store("slow", (60, 7.0), interval=60.0)
    store("a", (10, 2.0))
    hosts = series(RAW, NOON).hosts
    assert [(name, host.start, host.interval, host.metrics["cpu"].mean) for name, host in hosts.items()] == [
        ("a", NOON - 10, INTERVAL, [2.0, None, None]),
        ("slow", NOON - 60, 60, [7.0, None]),
    ]


def test_an_interval_longer_than_a_step_makes_longer_steps_with_their_peaks(settings: Settings) -> None:
    """With shorter ones most steps would be empty."""
    settings.PULSE_INTERVAL = 45.0
    store("a", (90, 10.0), (60, 30.0), (30, 90.0), (0, 20.0))
    found = series(HOUR, NOON)
    assert found.step == 2 * STEPS[HOUR]
    metric = found.hosts["a"].metrics["cpu"]
    assert (metric.mean, metric.peak) == ([10, 60, 20], [10, 90, 20])


@pytest.mark.parametrize("seconds", [RAW, HOUR])
def test_a_host_without_samples_in_the_range_has_empty_series(seconds: int) -> None:
    """An alert may be about it. Its last pulse is also told by the store's clock."""
    before = store_now().timestamp()
    store("a", (2 * HOUR, 1.0))
    host = of(seconds)
    assert all(metric.mean == metric.peak == [] for metric in host.metrics.values())
    assert (host.last, host.interval) == (NOON - 2 * HOUR, INTERVAL)
    assert before <= host.seen <= store_now().timestamp()


@pytest.mark.parametrize("seconds", [RAW, HOUR, DAY])
def test_a_chart_of_all_hosts_takes_two_queries(
    seconds: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store("a", (5, 1.0))
    store("b", (5, 1.0))
    with django_assert_num_queries(2):
        series(seconds, NOON)
