"""Alerts as the store has them."""

import contextlib
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from pulse.alerting import engine
from pulse.alerting.staleness import Staleness
from pulse.models import RETENTION, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.models.alerts import RESOLVED_SHOWN
from pulse.protocol import Usage, moment
from pulse.storage.store import store_samples
from pulse.tests.support import BEAT, NOON, measured

pytestmark = pytest.mark.django_db

NOW = moment(NOON)


@pytest.fixture(autouse=True)
def _thresholds() -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=90, margin=10, hold=10)
    Threshold.objects.create(metric="disk", threshold=90)
    Threshold.objects.create(metric="silent", threshold=3)


def interval(number: int, host: str = "a", **figures: Any) -> bool:
    """Stores the pulse of the tick `number` after NOON; whether an alert changed."""
    return store_samples([measured(host, NOON + BEAT * number, **figures)])


def events(**wanted: object) -> list[tuple[str, str, str]]:
    found = AlertEvent.objects.filter(**wanted).order_by("since", "pk")
    return [(event.host, event.metric, event.state) for event in found]


class Onlooker:
    """A process that looks for silent hosts."""

    def __init__(self) -> None:
        self._staleness = Staleness(max_pause=30)

    def look(self, seconds: float) -> bool:
        """Looks `seconds` after NOON; whether an alert changed."""
        return engine.find_stale_hosts(self._staleness, seconds, NOW + timedelta(seconds=seconds))


def test_an_alert_goes_through_its_states_and_is_kept_with_its_times() -> None:
    for number, cpu in enumerate((95.0, 97.0, 96.0, 70.0)):
        interval(number, cpu=cpu)
    event = AlertEvent.objects.get()
    assert (event.host, event.metric, event.state) == ("a", "cpu", "resolved")
    assert (event.value, event.threshold) == (97, 90)
    assert (event.since, event.fired, event.until) == (NOW, moment(NOON + 10), moment(NOON + 15))


def test_a_pending_alert_that_never_fires_leaves_nothing() -> None:
    assert [interval(0, cpu=95.0), interval(1, cpu=10.0)] == [True, True]
    assert events() == []


def test_a_second_alert_is_an_event_of_its_own() -> None:
    for number, percent in enumerate((95.0, 10.0, 95.0)):
        interval(number, disk=Usage(percent, 1, 1))
    assert events() == [("a", "disk", "resolved"), ("a", "disk", "firing")]


def test_hosts_and_metrics_have_alerts_of_their_own() -> None:
    interval(0, "a", cpu=95.0, disk=Usage(95.0, 1, 1))
    interval(0, "b", cpu=95.0)
    assert sorted(events()) == [("a", "cpu", "pending"), ("a", "disk", "firing"), ("b", "cpu", "pending")]


def test_a_worker_that_was_started_again_goes_on_where_it_was() -> None:
    """Nothing is remembered but what is stored: each call here could be another process."""
    interval(0, cpu=95.0)
    interval(1, cpu=95.0)
    assert events() == [("a", "cpu", "pending")]
    interval(2, cpu=95.0)
    assert events() == [("a", "cpu", "firing")]


def test_a_pause_of_the_worker_breaks_what_must_hold() -> None:
    interval(0, cpu=95.0)
    interval(100, cpu=95.0)
    assert events() == [("a", "cpu", "pending")]
    assert AlertEvent.objects.get().since == moment(NOON + 500)


def test_two_who_judge_the_same_make_one_event() -> None:
    """As two processes do that read before either has written: the database takes the first alone."""
    alert = AlertEvent(host="a", metric="cpu", state="pending", value=95, threshold=90, since=NOW).alert
    AlertEvent.objects.begin("a", "cpu", alert)
    AlertEvent.objects.begin("a", "cpu", alert)
    assert events() == [("a", "cpu", "pending")]


def test_who_comes_second_changes_nothing() -> None:
    for number in range(3):
        interval(number, cpu=95.0)
    late = AlertEvent.objects.get()
    interval(3, cpu=10.0)
    AlertEvent.objects.update_open(late, None)
    AlertEvent.objects.update_open(late, late.alert)
    assert events() == [("a", "cpu", "resolved")]


def test_without_its_threshold_an_alert_is_over() -> None:
    interval(0, disk=Usage(95.0, 1, 1))
    Threshold.objects.filter(metric="disk").delete()
    interval(1, disk=Usage(95.0, 1, 1))
    assert Onlooker().look(1)
    assert events() == [("a", "disk", "resolved")]


def test_without_its_threshold_an_alert_of_a_silent_host_is_over_too() -> None:
    """No pulse of its own will end it."""
    interval(0, disk=Usage(95.0, 1, 1))
    Threshold.objects.exclude(metric="cpu").delete()
    assert Onlooker().look(1)
    assert events() == [("a", "disk", "resolved")]


def test_a_host_that_falls_silent_is_noticed_by_whoever_looks() -> None:
    interval(0)
    onlooker = Onlooker()
    assert [onlooker.look(seconds) for seconds in (1, 6, 11)] == [False] * 3
    assert onlooker.look(16)
    event = AlertEvent.objects.get()
    assert (event.host, event.metric, event.state) == ("a", "silent", "firing")
    assert (event.value, event.threshold) == (15, 15)
    assert (event.since, event.fired) == (moment(NOON + 1), moment(NOON + 16))


def test_several_who_look_make_one_event() -> None:
    interval(0)
    onlookers = [Onlooker(), Onlooker(), Onlooker()]
    changes = [onlooker.look(seconds) for seconds in (1, 6, 11, 16, 21) for onlooker in onlookers]
    assert sum(changes) == 1
    assert events() == [("a", "silent", "firing")]


def test_who_has_only_begun_to_look_leaves_an_open_silence_alone() -> None:
    interval(0)
    onlooker, newcomer = Onlooker(), Onlooker()
    for seconds in (1, 10, 20):
        onlooker.look(seconds)
    before = AlertEvent.objects.get().alert
    assert [newcomer.look(seconds) for seconds in (25, 30, 40)] == [False] * 3
    assert AlertEvent.objects.get().alert == before


def test_a_host_whose_clock_is_wrong_is_not_silent() -> None:
    onlooker = Onlooker()
    for number in range(10):
        store_samples([measured("slow", NOON - 5000 + BEAT * number)])
        store_samples([measured("fast", NOON + 5000 + BEAT * number)])
        assert not onlooker.look(BEAT * number)
    assert events() == []


@pytest.mark.django_db(transaction=True)
def test_while_nothing_can_be_stored_nobody_is_silent() -> None:
    """Who looks is told that it saw nothing. SQLite can be read while somebody else keeps it from being written."""
    Threshold.objects.all().delete()
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], uri=True)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            Onlooker().look(1)
    assert not Onlooker().look(1)


def test_the_next_pulse_ends_the_silence() -> None:
    interval(0)
    onlooker = Onlooker()
    for seconds in (1, 10, 20):
        onlooker.look(seconds)
    assert interval(8)
    event = AlertEvent.objects.get()
    assert (event.state, event.until) == ("resolved", moment(NOON + 40))
    assert event.value == 39


def test_a_host_that_falls_silent_has_no_other_alert_any_more() -> None:
    """What fired is over, and what was pending did not hold: nobody measures it."""
    interval(0, cpu=95.0, disk=Usage(95.0, 1, 1))
    onlooker = Onlooker()
    for seconds in (1, 10, 20):
        onlooker.look(seconds)
    assert sorted(events()) == [("a", "disk", "resolved"), ("a", "silent", "firing")]


def test_a_silence_that_must_hold_is_pending_and_leaves_nothing_when_it_is_over() -> None:
    Threshold.objects.filter(metric="silent").update(hold=60)
    interval(0)
    onlooker = Onlooker()
    assert [onlooker.look(seconds) for seconds in (1, 20, 25)] == [False, True, False]
    assert events() == [("a", "silent", "pending")]
    assert interval(6)
    assert events() == []


def test_without_a_threshold_nobody_is_silent_and_who_was_is_not_any_more() -> None:
    interval(0)
    onlooker = Onlooker()
    for seconds in (1, 10, 20):
        onlooker.look(seconds)
    Threshold.objects.filter(metric="silent").delete()
    assert onlooker.look(25)
    assert not onlooker.look(30)
    assert events() == [("a", "silent", "resolved")]


def test_a_host_that_is_gone_for_a_day_is_forgotten_and_its_alert_ends() -> None:
    """As one that was renamed: it was never to come back."""
    interval(0)
    onlooker, day = Onlooker(), RETENTION.total_seconds()
    for seconds in (1, 10, 20):
        onlooker.look(seconds)
    assert not onlooker.look(day)
    assert onlooker.look(day + 20)
    assert AlertEvent.objects.get().until == moment(NOON + day + 20)
    assert [model.objects.count() for model in (Host, Sample, Rollup)] == [0, 0, 0]


def test_a_host_whose_clock_is_days_behind_is_not_forgotten() -> None:
    onlooker = Onlooker()
    for number in range(10):
        store_samples([measured("a", NOON - 3 * RETENTION.total_seconds() + BEAT * number)])
        onlooker.look(BEAT * number)
    assert Host.objects.exists()


def test_a_host_that_came_back_in_time_is_not_forgotten() -> None:
    interval(0)
    known = Host.objects.get()
    interval(1)
    assert not engine.delete_host(known, NOW)
    assert Host.objects.exists()


def test_an_alert_of_a_host_that_nobody_knows_is_over() -> None:
    """As when an admin has the host forgotten while a process has just seen that it is silent."""
    interval(0, disk=Usage(95.0, 1, 1))
    Host.objects.all().delete()
    assert Onlooker().look(1)
    assert events() == [("a", "disk", "resolved")]


def test_a_host_is_forgotten_alone() -> None:
    interval(0, "a", disk=Usage(95.0, 1, 1))
    interval(0, "b", disk=Usage(95.0, 1, 1))
    assert engine.delete_host(Host.objects.get(name="a"), NOW)
    assert sorted(events(until=None)) == [("b", "disk", "firing")]
    assert [sample.host for sample in Sample.objects.all()] == ["b"]


def current(now: datetime) -> list[tuple[str, str]]:
    return [(entry.metric, entry.state) for entry in engine.current_alerts(now).alerts]


def test_dashboards_are_told_of_what_is_open_and_of_what_was_resolved_a_moment_ago() -> None:
    interval(0, disk=Usage(95.0, 1, 1))
    interval(1, cpu=95.0)
    until = moment(NOON + BEAT)
    assert current(until) == [("disk", "resolved"), ("cpu", "pending")]
    assert current(until + RESOLVED_SHOWN) == [("cpu", "pending")]


def test_an_alert_is_told_with_times_as_rfc_3339_writes_them() -> None:
    interval(0, disk=Usage(95.123, 1, 1))
    (entry,) = engine.current_alerts(NOW).alerts
    assert (entry.host, entry.metric, entry.state) == ("a", "disk", "firing")
    assert (entry.value, entry.threshold) == (95.12, 90)
    assert (entry.since, entry.fired, entry.until) == ("2027-01-15T08:00:00.000Z",) * 2 + (None,)


def test_the_page_is_told_thresholds_of_what_it_draws() -> None:
    assert engine.thresholds() == {"cpu": 90, "disk": 90}
