"""Alerts in the store."""

import contextlib
import sqlite3
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, connection

from pulse.alerting import engine
from pulse.alerting.staleness import Staleness
from pulse.models import RETENTION, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.models.alerts import RESOLVED_SHOWN
from pulse.protocol import DiskUsage, moment
from pulse.storage.store import store_samples
from pulse.tests.support import INTERVAL, NOON, new_sample

pytestmark = pytest.mark.django_db

NOW = moment(NOON)
FULL = DiskUsage(95.0, 1, 1)


@pytest.fixture(autouse=True)
def _thresholds() -> None:
    Threshold.objects.all().delete()
    Threshold.objects.create(metric="cpu", threshold=90, margin=10, hold=10)
    Threshold.objects.create(metric="disk", threshold=90)
    Threshold.objects.create(metric="silent", threshold=3)


def store(tick: int, host: str = "a", **figures: Any) -> bool:
    """Store the pulse of a tick after NOON, at its time; whether an alert changed."""
    changed = store_samples([new_sample(host, NOON + INTERVAL * tick, **figures)])
    Host.objects.filter(name=host).update(seen=moment(NOON + INTERVAL * tick))
    return changed


def events(**wanted: object) -> list[tuple[str, str, str]]:
    found = AlertEvent.objects.filter(**wanted).order_by("since", "pk")
    return [(event.host, event.metric, event.state) for event in found]


class Process:
    """A process that checks for stale hosts."""

    def __init__(self) -> None:
        self._staleness = Staleness(max_pause=30)

    def check(self, *seconds: float) -> list[bool]:
        """Check at these seconds after NOON; whether an alert changed at each."""
        return [
            engine.find_stale_hosts(self._staleness, each, NOW + timedelta(seconds=each)) for each in seconds
        ]


def test_an_alert_goes_through_its_states_with_nothing_but_the_store() -> None:
    """Each call could be made by another process."""
    for tick, (cpu, changes, state) in enumerate(
        [
            *((95.0, True, "pending"), (97.0, False, "pending"), (96.0, True, "firing")),
            *((70.0, False, "firing"), (70.0, False, "firing"), (70.0, True, "resolved")),
        ]
    ):
        assert store(tick, cpu=cpu) == changes
        assert events() == [("a", "cpu", state)]
    event = AlertEvent.objects.get()
    assert (event.value, event.threshold) == (97, 90)
    assert (event.since, event.fired, event.until) == (NOW, moment(NOON + 10), moment(NOON + 25))


def test_a_pending_alert_that_does_not_fire_leaves_nothing() -> None:
    assert [store(0, cpu=95.0), store(1, cpu=10.0)] == [True, True]
    assert events() == []


def test_hosts_and_metrics_have_their_own_alerts_one_after_another() -> None:
    for tick, percent in enumerate((95.0, 10.0, 10.0, 95.0)):
        store(tick, disk=DiskUsage(percent, 1, 1))
    store(0, "b", cpu=95.0, disk=FULL)
    assert sorted(events()) == [
        ("a", "disk", "firing"),
        ("a", "disk", "resolved"),
        ("b", "cpu", "pending"),
        ("b", "disk", "firing"),
    ]


def test_a_pause_of_the_worker_restarts_a_pending_alert() -> None:
    store(0, cpu=95.0)
    store(100, cpu=95.0)
    event = AlertEvent.objects.get()
    assert (event.state, event.since) == ("pending", moment(NOON + 500))


def test_of_two_processes_that_write_the_same_alert_only_the_first_has_an_effect() -> None:
    alert = AlertEvent(host="a", metric="cpu", state="pending", value=95, threshold=90, since=NOW).alert
    for _ in range(2):
        engine.write_alert("a", "cpu", None, alert)
    assert events() == [("a", "cpu", "pending")]
    late = AlertEvent.objects.get()
    AlertEvent.objects.update(state="firing")
    engine.write_alert("a", "cpu", late, None)
    engine.write_alert("a", "cpu", late, msgspec.structs.replace(late.alert, value=99))
    assert events() == [("a", "cpu", "firing")]


@pytest.mark.parametrize("model", [Host, Threshold])
def test_an_alert_ends_without_its_host_or_threshold(model: type[Host | Threshold]) -> None:
    """No pulse will end it."""
    store(0, disk=FULL)
    process = Process()
    assert process.check(0) == [False]
    model.objects.all().delete()
    assert process.check(1, 2) == [True, False]
    assert events() == [("a", "disk", "resolved")]


def test_any_number_of_processes_makes_one_event_of_a_stale_host() -> None:
    store(0)
    processes = [Process(), Process(), Process()]
    changes = [process.check(seconds) for seconds in (1, 6, 11, 16, 21) for process in processes]
    assert changes == [[False]] * 9 + [[True]] + [[False]] * 5
    event = AlertEvent.objects.get()
    assert (event.host, event.metric, event.state) == ("a", "silent", "firing")
    assert (event.value, event.threshold) == (15, 15)
    assert (event.since, event.fired) == (moment(NOON + 1), moment(NOON + 16))
    assert Process().check(25, 30, 40) == [False] * 3
    assert AlertEvent.objects.get().alert == event.alert


def test_a_stale_host_has_no_other_alert_and_its_next_pulse_ends_that() -> None:
    store(0, cpu=95.0, disk=FULL)
    Process().check(1, 10, 20)
    assert sorted(events()) == [("a", "disk", "resolved"), ("a", "silent", "firing")]
    assert store(8)
    event = AlertEvent.objects.get(metric="silent")
    assert (event.state, event.until, event.value) == ("resolved", moment(NOON + 40), 39)


def test_a_host_with_a_wrong_clock_is_neither_stale_nor_deleted() -> None:
    process, day = Process(), RETENTION.total_seconds()
    for tick in range(10):
        for host, wrong in (("slow", -3 * day), ("fast", 3 * day)):
            store_samples([new_sample(host, NOON + wrong + INTERVAL * tick)])
        assert process.check(INTERVAL * tick) == [False]
    assert events() == []
    assert Host.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_while_nothing_can_be_stored_a_check_fails() -> None:
    """SQLite can be read while another process prevents writing."""
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], uri=True)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            Process().check(1)
    assert Process().check(1) == [False]


def test_a_host_that_is_stale_for_a_day_is_deleted_and_its_alert_ends() -> None:
    store(0)
    process, day = Process(), RETENTION.total_seconds()
    process.check(1, 10, 20)
    assert process.check(day, day + 20) == [False, True]
    assert AlertEvent.objects.get().until == moment(NOON + day + 20)
    assert [model.objects.count() for model in (Host, Sample)] == [0, 0]
    assert Rollup.objects.exists()  # its charts, for the day that it is back


def test_a_host_whose_clock_was_far_ahead_is_deleted_as_any_other() -> None:
    """By the store's clock, and also if that was set back since."""
    day = RETENTION.total_seconds()
    for seen, deleted in ((0, False), (-2 * day, True), (3 * day, True)):
        store_samples([new_sample("fast", NOON + 300 * day)])
        Host.objects.update(seen=moment(NOON + seen))
        process = Process()
        process.check(1, 10, 20)
        assert Host.objects.exists() is not deleted


def test_deleting_a_host_leaves_others_and_a_host_with_a_newer_pulse() -> None:
    for host in ("a", "b", "c"):
        store(0, host, disk=FULL)
    known = Host.objects.get(name="c")
    store(1, "c", disk=FULL)
    assert not engine.delete_host(known, NOW)
    assert engine.delete_host(Host.objects.get(name="a"), NOW)
    assert sorted(events(until=None)) == [("b", "disk", "firing"), ("c", "disk", "firing")]
    assert sorted(Sample.objects.values_list("host", flat=True)) == ["b", "c", "c"]
    assert set(Rollup.objects.values_list("host", flat=True)) == {"b", "c"}


def test_a_host_may_have_a_threshold_of_its_own() -> None:
    Threshold.objects.create(metric="disk", host="b", threshold=50)
    Threshold.objects.create(metric="load", host="b", threshold=1)
    for host in ("a", "b"):
        store(0, host, disk=DiskUsage(60.0, 1, 1), load=(2.0, 0.0, 0.0))
    assert sorted(events()) == [("b", "disk", "firing"), ("b", "load", "firing")]
    assert Process().check(0) == [False]
    assert engine.current_alerts(NOW).host_thresholds == {"b": {"disk": 50, "load": 1}}
    Threshold.objects.filter(metric="load").delete()
    assert Process().check(0) == [True]


def test_a_host_whose_agent_was_stopped_has_no_alert() -> None:
    store(0, disk=FULL)
    Host.objects.update(stopped=True)
    assert Process().check(1, 10, 20) == [True, False, False]
    assert events() == [("a", "disk", "resolved")]
    store(8)
    assert Process().check(40, 50, 60) == [False, False, True]


def test_a_host_that_is_deleted_during_a_check_does_not_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    store(0)
    process = Process()
    process.check(1, 10)
    host = Host.objects.get()
    monkeypatch.setattr(engine, "try_write", lambda: None)
    found = process._staleness.update

    def update(*args: Any) -> Any:
        engine.delete_host(host, NOW)
        return found(*args)

    monkeypatch.setattr(process._staleness, "update", update)
    process.check(20)
    assert events() == []


def test_dashboards_get_open_alerts_and_those_that_ended_in_the_last_minute() -> None:
    store(0, disk=DiskUsage(95.123, 1, 1))
    (entry,) = engine.current_alerts(NOW).alerts
    assert (entry.host, entry.metric, entry.state) == ("a", "disk", "firing")
    assert (entry.value, entry.threshold) == (95.12, 90)
    assert (entry.since, entry.fired, entry.until) == ("2027-01-15T08:00:00.000Z",) * 2 + (None,)
    store(1, cpu=95.0)
    store(2, cpu=95.0)
    until = moment(NOON + 2 * INTERVAL)
    for now, metrics in ((until, ["disk", "cpu"]), (until + RESOLVED_SHOWN, ["cpu"])):
        assert [entry.metric for entry in engine.current_alerts(now).alerts] == metrics
    assert engine.thresholds() == {"cpu": 90, "disk": 90}
