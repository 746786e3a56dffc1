"""Pruning of expired rows."""

import pytest
from pytest_django import Settings

from pulse.models import RETENTION, AlertEvent, Rollup, Sample
from pulse.models.alerts import EVENT_RETENTION
from pulse.protocol import moment
from pulse.storage import pruning
from pulse.storage.pruning import prune
from pulse.storage.rollups import HOUR, QUARTER, STEPS, WEEK
from pulse.storage.store import store_samples
from pulse.tests.support import NOON, new_sample

pytestmark = pytest.mark.django_db

NOW = moment(NOON)
DAY = RETENTION.total_seconds()


def test_expired_samples_are_pruned_oldest_first_and_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    store_samples([new_sample("a", NOON - age, seq=-int(age)) for age in (DAY + 3, DAY + 2, DAY + 1, DAY, 0)])
    for left in (DAY + 1, DAY):
        assert prune(NOW) == (left > DAY)
        assert min(Sample.objects.values_list("at", flat=True)) == moment(NOON - left)


def test_rollups_are_pruned_when_no_chart_shows_them() -> None:
    ages = {seconds: STEPS[seconds] for seconds in (int(DAY), HOUR)}
    for seconds, step in ages.items():
        store_samples([new_sample("a", NOON - age) for age in (seconds + 2 * step, seconds - step)])
    prune(NOW)
    for seconds, step in ages.items():
        assert min(Rollup.objects.filter(step=step).values_list("start", flat=True)) == NOON - seconds + step


@pytest.mark.parametrize("days", [2, 200])
def test_hourly_figures_and_longer_are_kept_as_many_days_as_the_setting_says(
    days: int, settings: Settings
) -> None:
    settings.PULSE_RETENTION = days
    for age in (days + 0.5, days - 0.5):
        store_samples([new_sample("a", NOON - age * DAY)])
    prune(NOW)
    kept = NOON - (days - 0.5) * DAY
    for step in (STEPS[WEEK], STEPS[QUARTER]):
        assert Rollup.objects.get(step=step).start == kept // step * step


def test_what_a_wrong_clock_dated_in_the_future_is_pruned() -> None:
    store_samples([new_sample("a", NOON + age) for age in (0, DAY, DAY + 600)])
    prune(NOW)
    assert max(Sample.objects.values_list("at", flat=True)) == moment(NOON + DAY)
    assert max(Rollup.objects.values_list("start", flat=True)) == NOON + DAY


def test_alerts_are_pruned_when_they_ended_long_ago() -> None:
    old = NOW - 2 * EVENT_RETENTION
    for metric, until in (("cpu", old), ("disk", NOW - EVENT_RETENTION / 2), ("silent", None)):
        AlertEvent.objects.create(
            host="a", metric=metric, state="firing", value=95, threshold=90, since=old, until=until
        )
    prune(NOW)
    assert sorted(event.metric for event in AlertEvent.objects.all()) == ["disk", "silent"]
