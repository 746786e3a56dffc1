"""Alerts that a client of /stats gets."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async

from pulse.alerting import monitor
from pulse.alerting.monitor import announce_alerts, current_monitor
from pulse.models import Threshold
from pulse.protocol import DiskUsage
from pulse.storage.store import store_samples
from pulse.tests.clients import Client, connected
from pulse.tests.support import new_sample, send_pulse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_connections_closed")]


@pytest.fixture(autouse=True)
async def _monitor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(monitor, "MAX_PAUSE_SECONDS", 0.1)
    await sync_to_async(Threshold.objects.all().delete)()
    await sync_to_async(Threshold.objects.create)(metric="disk", threshold=90)
    task = asyncio.create_task(current_monitor().run())
    yield
    task.cancel()
    await asyncio.wait({task})


async def store(host: str, disk: float, at: float) -> None:
    """Store a pulse and announce its alerts, as a worker does."""
    if await sync_to_async(store_samples)([new_sample(host, at, disk=DiskUsage(disk, 1, 1))]):
        await announce_alerts()


async def next_alerts(client: Client) -> list[tuple[str, str, str]]:
    """The host, metric and state of each alert in the next frame."""
    frame = await client.next_frame()
    assert frame["type"] == "alerts"
    return [(alert["host"], alert["metric"], alert["state"]) for alert in frame["alerts"]]


async def test_open_alerts_and_thresholds_are_sent_after_the_replay() -> None:
    await store("a", 95.0, time.time())
    async with connected(alerts=1) as client:
        assert (await client.next_frame())["type"] == "pulse"
        frame = await client.next_frame()
    assert frame["thresholds"] == {"disk": 90}
    (alert,) = frame["alerts"]
    assert set(alert) == {"host", "metric", "state", "value", "threshold", "since", "fired", "until"}
    assert (alert["state"], alert["value"], alert["threshold"], alert["until"]) == ("firing", 95, 90, None)


async def test_each_change_of_alerts_and_thresholds_is_sent() -> None:
    now = time.time()
    async with connected(alerts=1, history=0) as client:
        assert await next_alerts(client) == []
        await store("a", 95.0, now)
        assert await next_alerts(client) == [("a", "disk", "firing")]
        for seconds in (5, 10):
            await store("a", 5.0, now + seconds)
        assert await next_alerts(client) == [("a", "disk", "resolved")]
        await sync_to_async(Threshold.objects.update)(threshold=70)
        assert (await client.next_frame())["thresholds"] == {"disk": 70}


@pytest.mark.parametrize("query", [{}, {"alerts": "0"}, {"alerts": ""}, {"alerts": "yes"}])
async def test_without_alerts_1_only_pulses_are_sent(query: dict[str, str]) -> None:
    async with connected(alerts=1, history=0) as asking, connected(**query, history=0) as other:
        assert await next_alerts(asking) == []
        await store("a", 95.0, time.time())
        assert await next_alerts(asking) == [("a", "disk", "firing")]
        await send_pulse("a", 1)
        assert await other.next() == ("a", 1)


async def test_with_host_only_its_alerts_are_sent() -> None:
    now = time.time()
    async with connected(alerts=1, history=0) as all_hosts, connected(alerts=1, host="b", history=0) as one:
        assert await next_alerts(all_hosts) == await next_alerts(one) == []
        await store("a", 95.0, now)
        assert await next_alerts(all_hosts) == [("a", "disk", "firing")]
        await store("b", 95.0, now)
        assert await next_alerts(one) == [("b", "disk", "firing")]
