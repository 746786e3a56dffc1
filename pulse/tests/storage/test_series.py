"""The kept figures as charts read them."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from pulse.storage.rollups import DAY, HOUR, STEPS
from pulse.storage.series import RAW, HostSeries, series
from pulse.storage.store import store_samples
from pulse.tests.support import BEAT, NOON, measured
from rtproject.utils.db import store_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _interval(settings: Settings) -> None:
    settings.PULSE_INTERVAL = BEAT


def store(host: str, *pulses: tuple[float, float]) -> None:
    """Stores pulses of `host`, each with its age in seconds before NOON and its CPU."""
    for ago, cpu in pulses:
        store_samples([measured(host, NOON - ago, cpu=cpu)])


def of(seconds: int, host: str = "a", now: float = NOON) -> HostSeries:
    return series(seconds, None, now).hosts[host]


def test_five_minutes_show_every_sample_and_a_gap_where_there_was_none() -> None:
    store("a", (15, 10.0), (5, 30.0), (0, 20.0))
    found = series(RAW, None, NOON)
    assert (found.now, found.range, found.step) == (NOON, RAW, BEAT)
    host = found.hosts["a"]
    assert (host.start, host.interval) == (NOON - 15, BEAT)
    assert host.metrics["cpu"].mean == host.metrics["cpu"].peak == [10.0, None, 30.0, 20.0]


def test_all_figures_are_there_and_equally_long() -> None:
    store("a", (15, 10.0), (0, 20.0))
    metrics = of(RAW).metrics
    assert list(metrics) == ["cpu", "memory", "swap", "load", "disk", "sent", "received"]
    assert {len(column) for metric in metrics.values() for column in (metric.mean, metric.peak)} == {4}


def test_a_chart_goes_on_until_now() -> None:
    """A host that has fallen silent is not shown at its last figure."""
    store("a", (30, 10.0))
    host = of(RAW)
    assert host.metrics["cpu"].mean == [10.0] + [None] * 6
    assert host.last == NOON - 30


@pytest.mark.parametrize("seconds", [HOUR, DAY])
def test_an_hour_and_a_day_are_thinned_and_keep_their_peaks(seconds: int) -> None:
    store("a", (STEPS[seconds], 10.0), (10, 95.0), (5, 5.0), (0, 20.0))
    found = series(seconds, None, NOON + 1)
    assert found.step == STEPS[seconds]
    host = found.hosts["a"]
    assert host.start == NOON - STEPS[seconds]
    assert max(value or 0 for value in host.metrics["cpu"].peak) == 95
    assert host.metrics["cpu"].mean == [pytest.approx((10 + 95 + 5) / 3, abs=0.01), 20.0]


def test_what_is_older_than_the_range_is_left_out() -> None:
    store("a", (RAW + 10, 10.0), (RAW - 10, 20.0))
    assert of(RAW).metrics["cpu"].peak[0] == 20
    store("b", (HOUR + 100, 10.0), (HOUR - 100, 20.0))
    assert of(HOUR, "b").metrics["cpu"].peak[0] == 20


def test_hosts_come_by_name_each_from_its_own_beginning() -> None:
    store("b", (5, 1.0))
    store("a", (20, 2.0))
    found = series(RAW, None, NOON).hosts
    assert [(name, host.start) for name, host in found.items()] == [("a", NOON - 20), ("b", NOON - 5)]


def test_one_host_can_be_asked_for() -> None:
    store("a", (5, 1.0))
    store("b", (5, 2.0))
    assert list(series(RAW, "b", NOON).hosts) == ["b"]


@pytest.mark.parametrize("host", ["nobody", "A", "a\0", "\ud800", ""])
def test_a_host_that_is_not_there_has_no_series(host: str) -> None:
    store("a", (5, 1.0))
    assert series(HOUR, host, NOON).hosts == {}


def test_a_host_of_another_beat_has_a_step_of_its_own() -> None:
    pulse = measured("slow", NOON - 60, seq=1)
    store_samples([type(pulse)(pulse.pulse, pulse.text, pulse.at, interval=60.0)])
    assert (of(RAW, "slow").interval, of(RAW, "slow").metrics["cpu"].mean) == (60, [0.0, None])


def test_a_beat_longer_than_a_step_makes_the_steps_longer(settings: Settings) -> None:
    """Or there would be nothing in most of them."""
    settings.PULSE_INTERVAL = 45.0
    store("a", (90, 10.0), (45, 90.0), (0, 20.0))
    found = series(HOUR, None, NOON)
    assert found.step == 2 * STEPS[HOUR]
    assert found.hosts["a"].metrics["cpu"].peak == [10, 90, 20]


def test_steps_that_are_put_together_keep_their_peak(settings: Settings) -> None:
    settings.PULSE_INTERVAL = 45.0
    store("a", (60, 10.0), (30, 90.0))
    metric = of(HOUR).metrics["cpu"]
    assert (metric.mean[0], metric.peak[0]) == (50, 90)


def figures(host: HostSeries) -> list[float | None]:
    return [
        value for metric in host.metrics.values() for column in (metric.mean, metric.peak) for value in column
    ]


def test_samples_of_the_future_are_not_shown_yet() -> None:
    """As when a clock was set back."""
    store("a", (-3600, 1.0))
    assert figures(of(RAW)) == figures(of(DAY)) == []


@pytest.mark.parametrize("seconds", [RAW, HOUR])
def test_a_host_that_was_not_measured_in_the_range_is_there_all_the_same(seconds: int) -> None:
    """It is silent, and whoever asks must know whose staleness an alert tells of."""
    store("a", (2 * HOUR, 1.0))
    host = of(seconds)
    assert figures(host) == []
    assert (host.last, host.interval) == (NOON - 2 * HOUR, BEAT)


def test_when_a_host_was_heard_of_last_is_told_by_the_clock_of_the_store() -> None:
    """Its own may be wrong."""
    before = store_now().timestamp()
    store("a", (2 * HOUR, 1.0))
    assert before <= of(RAW).seen <= store_now().timestamp()


@pytest.mark.parametrize("seconds", [RAW, HOUR, DAY])
def test_a_chart_of_all_hosts_takes_two_queries(
    seconds: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store("a", (5, 1.0))
    store("b", (5, 1.0))
    with django_assert_num_queries(2):
        series(seconds, None, NOON)
