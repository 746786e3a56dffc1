"""The look of one process at hosts and alerts."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connections
from django.utils import timezone

from pulse.alerting import engine
from pulse.alerting import monitor as watch
from pulse.alerting.monitor import Monitor, announce_alerts
from pulse.models import AlertEvent, Host, Threshold
from pulse.protocol import ALERTS_GROUP, Alerts
from pulse.storage.store import NewSample, store_samples
from pulse.tests.support import measured
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupEvent, current_registry

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20  # seconds until a test gives up


class Dashboard:
    """Somebody who is shown alerts: of each list, what of whom is how. The newest `thresholds` are kept."""

    def __init__(self) -> None:
        self._lists: asyncio.Queue[list[str]] = asyncio.Queue()
        self.thresholds: dict[str, float] = {}
        self.seen: list[bool] = []  # of each list, whether it was `current`

    def show_alerts(self, alerts: Alerts) -> None:
        self.thresholds = alerts.thresholds
        self.seen.append(alerts.current)
        self._lists.put_nowait([f"{alert.host} {alert.metric} {alert.state}" for alert in alerts.alerts])

    async def next(self) -> list[str]:
        async with asyncio.timeout(PATIENCE):
            return await self._lists.get()


class Clock:
    """Monotonic time that stands still unless it is moved."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def watching(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Monitor]:
    """A watch that looks once, and then only when it is woken."""
    monkeypatch.setattr(watch, "MAX_PAUSE_SECONDS", 3600.0)
    monkeypatch.setattr(watch, "MIN_PAUSE_SECONDS", 3600.0)
    await sync_to_async(Threshold.objects.all().delete)()
    for metric, threshold in {"silent": 3, "cpu": 95}.items():
        await sync_to_async(Threshold.objects.create)(metric=metric, threshold=threshold)
    running = Monitor(clock)
    task = asyncio.create_task(running.run())
    yield running
    task.cancel()
    await asyncio.wait({task})
    await sync_to_async(connections.close_all)()


def begin_alert(host: str) -> None:
    now = timezone.now()
    Host.objects.create(name=host, at=now, seen=now, interval=3600)
    AlertEvent.objects.create(
        host=host, metric="cpu", state="firing", value=95, threshold=90, since=now, fired=now
    )


async def store(host: str) -> None:
    pulse = measured(host, timezone.now().timestamp())
    await sync_to_async(store_samples)([NewSample(pulse.pulse, pulse.text, pulse.at, interval=1.0)])


async def test_a_dashboard_is_told_what_there_is_and_each_change(watching: Monitor) -> None:
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    assert await dashboard.next() == []
    for host in ("a", "b"):
        await sync_to_async(begin_alert)(host)
        watching.wake()
        assert (await dashboard.next())[-1] == f"{host} cpu firing"


async def test_a_dashboard_is_told_of_a_threshold_that_was_changed(watching: Monitor) -> None:
    """Also if no alert changes by it: the charts show where it is."""
    await sync_to_async(Threshold.objects.filter(metric="cpu").update)(threshold=90)
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    assert await dashboard.next() == []
    assert dashboard.thresholds == {"cpu": 90}
    await sync_to_async(Threshold.objects.filter(metric="cpu").update)(threshold=70)
    watching.wake()
    assert await dashboard.next() == []
    assert dashboard.thresholds == {"cpu": 70}


async def test_a_newcomer_is_told_at_once_what_the_others_know(watching: Monitor) -> None:
    await sync_to_async(begin_alert)("a")
    first, second = Dashboard(), Dashboard()
    watching.subscribe(first)
    await first.next()
    watching.subscribe(second)
    assert await second.next() == ["a cpu firing"]


async def test_a_dashboard_that_is_gone_is_told_no_more(watching: Monitor) -> None:
    gone, there = Dashboard(), Dashboard()
    watching.subscribe(gone)
    watching.subscribe(there)
    await there.next()
    watching.unsubscribe(gone)
    watching.unsubscribe(gone)
    await sync_to_async(begin_alert)("a")
    watching.wake()
    assert await there.next() == ["a cpu firing"]
    assert gone._lists.qsize() == 1


async def test_without_a_change_nobody_is_told_anything(watching: Monitor) -> None:
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    await dashboard.next()
    watching.wake()
    await asyncio.sleep(0)
    await sync_to_async(begin_alert)("a")
    watching.wake()
    assert await dashboard.next() == ["a cpu firing"]


async def test_a_host_that_falls_silent_is_noticed_and_all_processes_are_told(
    watching: Monitor, clock: Clock
) -> None:
    others: asyncio.Queue[GroupEvent] = asyncio.Queue()

    class Other:
        def deliver(self, event: GroupEvent) -> None:
            others.put_nowait(event)

    await current_registry().join(ALERTS_GROUP, Other())
    await store("a")
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    assert await dashboard.next() == []
    clock.time += 3
    watching.wake()
    assert await dashboard.next() == ["a silent firing"]
    async with asyncio.timeout(PATIENCE):
        await others.get()


def gone(*args: object) -> bool:
    raise OperationalError("gone")


async def test_a_store_that_was_away_makes_nobody_silent(
    watching: Monitor, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While it was, no pulse could be stored either."""
    await store("a")
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    await dashboard.next()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_stale_hosts", gone)
        watching.wake()
        await dashboard.next()
    clock.time += 10
    await sync_to_async(begin_alert)("b")
    watching.wake()
    assert await dashboard.next() == ["b cpu firing"]
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["checking hosts and alerts fails, and is tried again: OperationalError: gone"]


async def test_a_dashboard_is_told_that_what_it_knows_may_not_be_so_while_the_store_is_away(
    watching: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes meanwhile is told the same; when the store is back the list is true again."""
    await sync_to_async(begin_alert)("a")
    dashboard, newcomer = Dashboard(), Dashboard()
    watching.subscribe(dashboard)
    assert await dashboard.next() == ["a cpu firing"]
    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_stale_hosts", gone)
        watching.wake()
        assert await dashboard.next() == ["a cpu firing"]
        watching.subscribe(newcomer)
        assert await newcomer.next() == ["a cpu firing"]
    watching.wake()
    assert await dashboard.next() == await newcomer.next() == ["a cpu firing"]
    assert (dashboard.seen, newcomer.seen) == ([True, False, True], [False, True])


async def test_a_store_that_hangs_is_away_too(watching: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """No query fails then, and none comes to an end."""
    go_on = threading.Event()
    real: Callable[..., bool] = engine.find_stale_hosts

    def hang(*args: Any) -> bool:
        go_on.wait(PATIENCE)
        return real(*args)

    dashboard = Dashboard()
    watching.subscribe(dashboard)
    await dashboard.next()
    monkeypatch.setattr(watch, "CHECK_TIMEOUT", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "find_stale_hosts", hang)
        watching.wake()
        await dashboard.next()
        assert dashboard.seen == [True, False]
    go_on.set()
    monkeypatch.setattr(watch, "CHECK_TIMEOUT", PATIENCE)
    watching.wake()
    await dashboard.next()
    assert dashboard.seen == [True, False, True]


async def test_a_dashboard_that_opens_while_the_store_is_away_is_told_that_nobody_knows(
    watching: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "find_stale_hosts", gone)
    dashboard = Dashboard()
    watching.subscribe(dashboard)
    assert await dashboard.next() == []  # perhaps of a first look that had begun before
    if dashboard.seen == [True]:
        watching.wake()
        assert await dashboard.next() == []
    assert not dashboard.seen[-1]


async def test_it_looks_by_itself_at_every_beat(monkeypatch: pytest.MonkeyPatch, watching: Monitor) -> None:
    monkeypatch.setattr(watch, "MIN_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(watch, "MAX_PAUSE_SECONDS", 0.01)
    looking = Monitor(Clock())
    task = asyncio.create_task(looking.run())
    dashboard = Dashboard()
    looking.subscribe(dashboard)
    await dashboard.next()
    await sync_to_async(begin_alert)("a")
    assert await dashboard.next() == ["a cpu firing"]
    task.cancel()
    await asyncio.wait({task})


async def test_a_layer_out_of_reach_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(group: str, text: str | None) -> None:
        raise LayerUnavailable("no layer")

    monkeypatch.setattr(watch, "broadcast", fail)
    monkeypatch.setattr(watch, "announcing", FailureLog("announcing changed alerts"))
    await announce_alerts()
    assert caplog.messages == [
        "announcing changed alerts fails, and is tried again: LayerUnavailable: no layer"
    ]
