"""Processes with members in a room."""

from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from rooms.presence import shared, store, tracker
from rooms.tests.presence.processes import Clock, Site
from rtproject.tests.support.valkey import Valkey

GRACE = 3.0  # seconds, also where other tests have none


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of a process by itself."""
    monkeypatch.setattr(tracker, "GRACE_SECONDS", GRACE)
    return Clock(monkeypatch)


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch, valkey: Valkey, settings: Settings) -> AsyncIterator[Site]:
    """No process yet; leases are short, and Redis is asked again at once after a failure."""
    settings.REDIS_URLS = [valkey.url]
    monkeypatch.setattr(store, "LEASE_SECONDS", 4.0)
    monkeypatch.setattr(shared, "RENEW_SECONDS", 0.4)
    monkeypatch.setattr(shared, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(shared, "REFILL_SECONDS", 3.0)
    monkeypatch.setattr("rtproject.websocket.redis_client.PAUSE_SECONDS", 0.0)
    site = Site(monkeypatch)
    yield site
    for process in site.processes:
        await process.presence.close()
    await store.close()
