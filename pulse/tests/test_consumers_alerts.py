"""What a client of /stats that asks for alerts is told."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from pulse.alerting.monitor import announce_alerts, current_monitor
from pulse.models import Threshold
from pulse.protocol import Usage
from pulse.storage.store import store_samples
from pulse.tests.clients import PATIENCE, Client, connected
from pulse.tests.support import measured, send_pulse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _watch() -> AsyncIterator[None]:
    await sync_to_async(Threshold.objects.all().delete)()
    await sync_to_async(Threshold.objects.create)(metric="disk", threshold=90)
    task = asyncio.create_task(current_monitor().run())
    yield
    task.cancel()
    await asyncio.wait({task})
    await sync_to_async(connections.close_all)()


async def store(host: str, disk: float, at: float | None = None) -> None:
    """What a worker stores at a tick, and tells if an alert changed by it."""
    pulse = measured(host, time.time() if at is None else at, disk=Usage(disk, 1, 1))
    if await sync_to_async(store_samples)([pulse]):
        await announce_alerts()


async def next_frame(client: Client) -> Any:
    return json.loads(await client.communicator.receive_from(timeout=PATIENCE))


async def next_alerts(client: Client) -> list[tuple[str, str, str]]:
    """Host, metric and state of each alert in the next frame."""
    frame = await next_frame(client)
    assert frame["type"] == "alerts"
    return [(alert["host"], alert["metric"], alert["state"]) for alert in frame["alerts"]]


async def test_all_that_is_open_is_told_after_the_replay() -> None:
    await store("a", 95.0)
    async with connected(alerts=1) as client:
        assert (await next_frame(client))["type"] == "pulse"
        frame = await next_frame(client)
    assert frame["thresholds"] == {"disk": 90}
    (alert,) = frame["alerts"]
    assert set(alert) == {"host", "metric", "state", "value", "threshold", "since", "fired", "until"}
    assert (alert["state"], alert["value"], alert["threshold"], alert["until"]) == ("firing", 95, 90, None)


async def test_that_there_is_none_is_told_too() -> None:
    async with connected(alerts=1) as client:
        assert await next_alerts(client) == []


async def test_each_change_is_told_at_once() -> None:
    now = time.time()
    async with connected(alerts=1, history=0) as client:
        assert await next_alerts(client) == []
        await store("a", 95.0, now)
        assert await next_alerts(client) == [("a", "disk", "firing")]
        await store("a", 5.0, now + 5)
        assert await next_alerts(client) == [("a", "disk", "resolved")]


async def test_a_threshold_that_was_changed_is_told() -> None:
    async with connected(alerts=1, history=0) as client:
        assert (await next_frame(client))["thresholds"] == {"disk": 90}
        await sync_to_async(Threshold.objects.update)(threshold=70)
        frame = await next_frame(client)
        assert (frame["alerts"], frame["thresholds"]) == ([], {"disk": 70})


@pytest.mark.parametrize("query", [{}, {"alerts": "0"}, {"alerts": ""}, {"alerts": "yes"}])
async def test_who_does_not_ask_is_told_of_pulses_alone(query: dict[str, str]) -> None:
    """So that every client that was written before there were alerts goes on."""
    async with connected(alerts=1, history=0) as asking, connected(**query, history=0) as other:
        assert await next_alerts(asking) == []
        await store("a", 95.0)
        assert await next_alerts(asking) == [("a", "disk", "firing")]
        await send_pulse("a", 1)
        assert await other.next() == ("a", 1)


async def test_who_asks_for_one_host_is_told_of_its_alerts_alone() -> None:
    now = time.time()
    async with (
        connected(alerts=1, history=0) as of_all,
        connected(alerts=1, host="b", history=0) as of_one,
    ):
        assert await next_alerts(of_all) == await next_alerts(of_one) == []
        await store("a", 95.0, now)
        assert await next_alerts(of_all) == [("a", "disk", "firing")]
        await store("b", 95.0, now)
        assert await next_alerts(of_one) == [("b", "disk", "firing")]


async def test_who_has_gone_is_forgotten() -> None:
    async with connected(alerts=1) as client:
        assert await next_alerts(client) == []
    assert not current_monitor()._dashboards
