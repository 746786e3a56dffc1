"""Storing pulses with all that follows from them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from pulse.alerting import engine
from pulse.models import ALIVE_INTERVALS, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.protocol import decode, moment
from pulse.storage.store import store_samples
from pulse.tests.support import BEAT, NOON, measured
from rtproject.utils.db import store_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cpu_threshold() -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=90)


def test_a_pulse_is_stored_as_a_sample_and_is_the_newest_of_its_host() -> None:
    pulse = measured("a", NOON + 0.25, missed=3)
    store_samples([pulse])
    sample = Sample.objects.get()
    assert (sample.host, sample.seq, sample.frame) == ("a", pulse.pulse.seq, pulse.text)
    host = Host.objects.get()
    assert (host.name, host.at, host.frame) == ("a", moment(NOON + 0.25), pulse.text)
    assert (host.interval, host.missed) == (BEAT, 3)


def test_the_newest_of_a_host_is_what_was_stored_last() -> None:
    """Also when its clock was set back."""
    for at in (NOON, NOON + 5, NOON - 3600):
        store_samples([measured("a", at)])
    assert Host.objects.get().at == moment(NOON - 3600)


def test_whether_an_alert_changed_is_told() -> None:
    answers = [
        store_samples([measured("a", NOON + 5 * interval, cpu=cpu)])
        for interval, cpu in enumerate((10, 95, 99, 10, 10))
    ]
    assert answers == [False, True, False, True, False]


def test_nothing_follows_from_a_pulse_of_a_tick_that_is_stored_already() -> None:
    """A second worker on the same host measures a little differently."""
    store_samples([measured("a", NOON, cpu=10.0)])
    assert not store_samples([measured("a", NOON + 0.1, cpu=95.0)])
    assert [sample.at for sample in Sample.objects.all()] == [moment(NOON)]
    assert not AlertEvent.objects.exists()


def test_a_pulse_of_a_tick_that_is_stored_already_is_a_sign_of_life() -> None:
    store_samples([measured("a", NOON)])
    store_samples([measured("a", NOON + 0.1)])
    assert Host.objects.get().at == moment(NOON + 0.1)


@pytest.mark.parametrize("wrong", [-3600.0, 0.0, 3600.0])
def test_a_host_runs_as_long_as_its_pulses_are_stored_whatever_its_clock_says(wrong: float) -> None:
    """And no longer: a clock that is ahead keeps nobody alive."""
    store_samples([measured("a", store_now().timestamp() + wrong)])
    store_samples(
        [measured("a", store_now().timestamp() + wrong, seq=Sample.objects.get().seq)]
    )  # a second worker's
    assert [host.name for host in Host.objects.live()] == ["a"]
    after = store_now() + ALIVE_INTERVALS * timedelta(seconds=BEAT)
    assert Host.objects.live(after) == []


def test_what_is_known_of_a_host_is_of_the_worker_whose_sample_counts() -> None:
    """Not of a second one on the same host, whose own count of missed ticks is another."""
    first, late = measured("a", NOON, missed=3), measured("a", NOON + 0.1, missed=700, cpu=50.0)
    store_samples([first])
    store_samples([late])
    host = Host.objects.get()
    assert (host.frame, host.missed) == (first.text, 3)
    store_samples([measured("a", NOON + 5, missed=4), late])
    assert Host.objects.get().missed == 4


def test_after_a_clock_was_set_back_its_pulses_are_stored_all_the_same() -> None:
    """The ticks of the hour that comes again have samples already, which give way."""
    for ago in (3600, 3595, 3585, 0):
        store_samples([measured("a", NOON - ago, cpu=10.0)])
        store_samples([measured("b", NOON - ago)])
    store_samples([measured("a", NOON - 3589, cpu=20.0)], now=NOON - 3589)
    assert store_samples([measured("a", NOON - 3584, cpu=95.0)], now=NOON - 3584)
    samples = Sample.objects.order_by("at")
    uses = [(NOON - sample.at.timestamp(), decode(sample.frame).cpu) for sample in samples.filter(host="a")]
    assert uses == [(3600, 10), (3595, 10), (3589, 20), (3584, 95)]
    assert max(Rollup.objects.filter(host="a").values_list("start", flat=True)) < NOON
    assert samples.filter(host="b").count() == 4


def test_an_old_pulse_of_a_host_whose_clock_was_not_set_back_takes_nothing_away() -> None:
    """It is of a second worker that was stopped for a while between measuring and storing."""
    for ago in (3600, 5, 0):
        store_samples([measured("a", NOON - ago)], now=NOON - ago)
    store_samples([measured("a", NOON - 3596)], now=NOON + 1)
    assert Sample.objects.filter(at__gte=moment(NOON - 5)).count() == 2


def test_a_pulse_that_is_a_little_late_changes_no_other() -> None:
    store_samples([measured("a", NOON)])
    store_samples([measured("a", NOON - 45)])
    assert Sample.objects.count() == 2


def test_of_a_batch_only_what_is_new_counts() -> None:
    store_samples([measured("a", NOON)])
    assert store_samples([measured("a", NOON + 0.1, cpu=95.0), measured("a", NOON + 5, cpu=96.0)])
    assert AlertEvent.objects.get().since == moment(NOON + 5)


def test_nothing_is_stored_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> bool:
        raise DatabaseError("gone")

    monkeypatch.setattr(engine, "observe", fail)
    with pytest.raises(DatabaseError):
        store_samples([measured("a", NOON)])
    assert [model.objects.count() for model in (Sample, Host, Rollup)] == [0, 0, 0]
