"""The checks of one process, and the alerts that its dashboards get."""

import asyncio
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from pulse.alerting import engine
from pulse.alerting import monitor as monitor_module
from pulse.alerting.monitor import Monitor, announce_alerts
from pulse.models import AlertEvent, Host, Threshold
from pulse.protocol import ALERTS_GROUP, Alerts
from pulse.storage.store import store_samples
from pulse.tests.support import NOON, new_sample
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupEvent, current_registry
from rtproject.websocket.utils.failure_log import FailureLog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_connections_closed")]

TIMEOUT = 20


class Dashboard:
    """A subscriber of alerts."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Alerts] = asyncio.Queue()

    def show_alerts(self, alerts: Alerts) -> None:
        self.frames.put_nowait(alerts)

    async def next(self) -> tuple[list[str], bool]:
        """The alerts of the next frame, and whether they are current."""
        frame = await asyncio.wait_for(self.frames.get(), TIMEOUT)
        return [f"{alert.host} {alert.metric} {alert.state}" for alert in frame.alerts], frame.current


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(time=NOON)
    monkeypatch.setattr(monitor_module, "time", SimpleNamespace(monotonic=lambda: clock.time))
    return clock


@pytest.fixture
async def monitor(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Monitor]:
    """A monitor that checks once, and then only when it is woken."""
    for bound in ("MIN_PAUSE_SECONDS", "MAX_PAUSE_SECONDS"):
        monkeypatch.setattr(monitor_module, bound, 3600.0)
    monkeypatch.setattr(monitor_module, "CHECK_TIMEOUT", TIMEOUT)
    await sync_to_async(set_thresholds)(silent=3, cpu=95)
    monitor = Monitor()
    task = asyncio.create_task(monitor.run())
    yield monitor
    task.cancel()
    await asyncio.wait({task})


@pytest.fixture
async def dashboard(monitor: Monitor) -> Dashboard:
    """A dashboard that has got an empty list."""
    dashboard = Dashboard()
    monitor.subscribe(dashboard.show_alerts)
    assert await dashboard.next() == ([], True)
    return dashboard


def set_thresholds(**thresholds: float) -> None:
    Threshold.objects.all().delete()
    for metric, threshold in thresholds.items():
        Threshold.objects.create(metric=metric, threshold=threshold)


def begin_alert(host: str) -> None:
    now = timezone.now()
    Host.objects.create(name=host, at=now, seen=now, interval=3600)
    AlertEvent.objects.create(
        host=host, metric="cpu", state="firing", value=95, threshold=90, since=now, fired=now
    )


def store_pulse(host: str) -> None:
    store_samples([new_sample(host, timezone.now().timestamp(), interval=1.0)])


async def test_a_dashboard_gets_each_change_until_it_unsubscribes(
    monitor: Monitor, dashboard: Dashboard
) -> None:
    other = Dashboard()
    monitor.subscribe(other.show_alerts)
    assert await other.next() == ([], True)
    monitor.wake()  # without a change
    await sync_to_async(begin_alert)("a")
    monitor.wake()
    assert await dashboard.next() == await other.next() == (["a cpu firing"], True)
    for _ in range(2):
        monitor.unsubscribe(other.show_alerts)
    await sync_to_async(set_thresholds)(silent=3, cpu=70)
    monitor.wake()
    while (await asyncio.wait_for(dashboard.frames.get(), TIMEOUT)).thresholds != {"cpu": 70}:
        pass  # a check that ran meanwhile may have seen the thresholds half set
    assert other.frames.empty()


async def test_a_stale_host_is_noticed_and_announced_to_all_processes(
    monitor: Monitor, dashboard: Dashboard, clock: SimpleNamespace
) -> None:
    announced = asyncio.Event()

    class Other:
        def deliver(self, event: GroupEvent) -> None:
            announced.set()

    await current_registry().join(ALERTS_GROUP, Other())
    await sync_to_async(store_pulse)("a")
    await sync_to_async(set_thresholds)(silent=3, cpu=90)
    monitor.wake()
    assert await dashboard.next() == ([], True)
    clock.time += 3
    monitor.wake()
    while (told := await dashboard.next()) == ([], True):  # the thresholds, if the check before came early
        pass
    assert told == (["a silent firing"], True)
    await asyncio.wait_for(announced.wait(), TIMEOUT)


async def test_a_failure_to_announce_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(group: str, text: str | None) -> None:
        raise LayerUnavailable("no layer")

    monkeypatch.setattr(monitor_module, "broadcast", fail)
    monkeypatch.setattr(monitor_module, "announcing", FailureLog("announcing changed alerts"))
    await announce_alerts()
    assert "announcing changed alerts fails" in caplog.text


async def test_while_the_store_fails_alerts_are_not_current_and_no_host_becomes_stale(
    monitor: Monitor, dashboard: Dashboard, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pulse can be stored meanwhile."""

    def fail(*args: object) -> bool:
        raise OperationalError("gone")

    await sync_to_async(store_pulse)("a")
    await sync_to_async(begin_alert)("b")
    monitor.wake()
    assert await dashboard.next() == (["b cpu firing"], True)
    newcomer = Dashboard()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_stale_hosts", fail)
        monitor.wake()
        assert await dashboard.next() == (["b cpu firing"], False)
        monitor.subscribe(newcomer.show_alerts)
        assert await newcomer.next() == (["b cpu firing"], False)
    clock.time += 10
    monitor.wake()
    assert await dashboard.next() == await newcomer.next() == (["b cpu firing"], True)


async def test_a_store_that_hangs_is_a_failure_too(
    monitor: Monitor, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    resume = threading.Event()

    def hang(*args: Any) -> bool:
        return not resume.wait(TIMEOUT)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_stale_hosts", hang)
        patch.setattr(monitor_module, "CHECK_TIMEOUT", 0.05)
        monitor.wake()
        assert await dashboard.next() == ([], False)
    resume.set()
    monitor.wake()
    assert await dashboard.next() == ([], True)
