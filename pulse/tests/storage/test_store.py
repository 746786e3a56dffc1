"""Storing pulses with their rollups and alerts."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from pulse.alerting import engine
from pulse.models import ALIVE_INTERVALS, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.protocol import decode, moment
from pulse.storage.store import store_samples
from pulse.tests.support import INTERVAL, NOON, new_sample
from rtproject.utils.db import store_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cpu_threshold() -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=90)


def test_a_pulse_is_stored_as_a_sample_and_as_the_newest_of_its_host() -> None:
    pulse = new_sample("a", NOON + 0.25, missed=3)
    store_samples([pulse])
    sample = Sample.objects.get()
    assert (sample.host, sample.seq, sample.frame) == ("a", pulse.pulse.seq, pulse.text)
    host = Host.objects.get()
    assert (host.name, host.at, host.frame) == ("a", moment(NOON + 0.25), pulse.text)
    assert (host.interval, host.missed) == (INTERVAL, 3)


def test_a_second_pulse_of_a_tick_only_shows_that_the_host_is_live() -> None:
    """It is of a second worker on this host, with its own count of missed ticks."""
    first, second = new_sample("a", NOON, missed=3), new_sample("a", NOON + 0.1, missed=700, cpu=95.0)
    store_samples([first])
    assert not store_samples([second])
    assert Sample.objects.get().at == moment(NOON)
    host = Host.objects.get()
    assert (host.at, host.frame, host.missed) == (moment(NOON + 0.1), first.text, 3)
    assert store_samples([second, new_sample("a", NOON + 5, missed=4, cpu=96.0)])
    assert AlertEvent.objects.get().since == moment(NOON + 5)
    assert Host.objects.get().missed == 4


@pytest.mark.parametrize("wrong", [-3600.0, 0.0, 3600.0])
def test_a_host_is_live_while_its_pulses_are_stored_with_any_clock(wrong: float) -> None:
    at = store_now().timestamp() + wrong
    for later in (0, 0.01):  # the second is of a second worker
        store_samples([new_sample("a", at + later, seq=1, interval=60)])
    assert [host.name for host in Host.objects.live()] == ["a"]
    after = store_now() + ALIVE_INTERVALS * timedelta(seconds=60)
    assert Host.objects.live(after) == []


def test_after_a_clock_was_set_back_new_samples_replace_those_of_the_same_ticks() -> None:
    for ago in (3600, 3595, 3585, 0):
        store_samples([new_sample("a", NOON - ago, cpu=10.0)])
        store_samples([new_sample("b", NOON - ago)])
    store_samples([new_sample("a", NOON - 3589, cpu=20.0)], now=NOON - 3589)
    assert Host.objects.get(name="a").at == moment(NOON - 3589)
    assert store_samples([new_sample("a", NOON - 3584, cpu=95.0)], now=NOON - 3584)
    samples = Sample.objects.order_by("at")
    cpu = [(NOON - sample.at.timestamp(), decode(sample.frame).cpu) for sample in samples.filter(host="a")]
    assert cpu == [(3600, 10), (3595, 10), (3589, 20), (3584, 95)]
    assert max(Rollup.objects.filter(host="a").values_list("start", flat=True)) < NOON
    assert samples.filter(host="b").count() == 4


@pytest.mark.parametrize(("age", "now"), [(3596, NOON + 1), (45, NOON - 45)])
def test_an_old_pulse_deletes_nothing_if_the_clock_was_not_set_back_far(age: float, now: float) -> None:
    """A worker that was stopped for a while stores one, or a clock was set back a little."""
    for ago in (3600, 5, 0):
        store_samples([new_sample("a", NOON - ago)], now=NOON - ago)
    store_samples([new_sample("a", NOON - age)], now=now)
    assert Sample.objects.filter(at__gte=moment(NOON - 5)).count() == 2


def test_after_an_error_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> bool:
        raise DatabaseError("gone")

    monkeypatch.setattr(engine, "observe", fail)
    with pytest.raises(DatabaseError):
        store_samples([new_sample("a", NOON)])
    assert [model.objects.count() for model in (Sample, Host, Rollup)] == [0, 0, 0]
