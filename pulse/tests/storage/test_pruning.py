"""Deleting what is not kept any longer."""

import pytest

from pulse.models import RETENTION, AlertEvent, Rollup, Sample
from pulse.models.alerts import EVENT_RETENTION
from pulse.protocol import moment
from pulse.storage import pruning
from pulse.storage.pruning import prune
from pulse.storage.store import store_samples
from pulse.tests.support import NOON, measured

pytestmark = pytest.mark.django_db

NOW = moment(NOON)


def test_samples_are_pruned_a_few_at_a_time_until_there_are_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    day = RETENTION.total_seconds()
    store_samples([measured("a", NOON - day - age, seq=age) for age in (30, 20, 10)] + [measured("a", NOON)])
    assert prune(NOW)
    assert not prune(NOW)
    assert [sample.at for sample in Sample.objects.all()] == [NOW]


def test_rollups_are_pruned_too() -> None:
    store_samples([measured("a", NOON - 2 * RETENTION.total_seconds()), measured("a", NOON)])
    prune(NOW)
    assert {rollup.start for rollup in Rollup.objects.all()} == {NOON}


def test_alerts_that_have_been_over_for_long_are_pruned_and_open_ones_never() -> None:
    old = NOW - 2 * EVENT_RETENTION
    for metric, until in (("cpu", old), ("disk", NOW - EVENT_RETENTION / 2), ("silent", None)):
        AlertEvent.objects.create(
            host="a", metric=metric, state="firing", value=95, threshold=90, since=old, until=until
        )
    prune(NOW)
    assert sorted(event.metric for event in AlertEvent.objects.all()) == ["disk", "silent"]


def test_without_a_time_now_is_meant() -> None:
    store_samples([measured("a", 1000.0)])
    prune()
    assert not Sample.objects.exists()
