"""The worker inside a server process."""

import asyncio

import pytest
from pytest_django import Settings

from pulse.alerting.monitor import Monitor
from pulse.sampling import worker as worker_module
from pulse.sampling.worker import current_embedded, ensure_embedded


class StandIn:
    """A worker that does nothing until it is told to fail."""

    made: list["StandIn"]

    def __init__(self) -> None:
        self.failure = asyncio.Event()

    async def run(self) -> None:
        await self.failure.wait()
        raise RuntimeError("a bug")

    @classmethod
    def from_settings(cls) -> "StandIn":
        cls.made.append(cls())
        return cls.made[-1]


@pytest.fixture
async def workers(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[StandIn]:
    """The embedded workers that were made; PULSE_EMBEDDED is on."""
    settings.PULSE_EMBEDDED = True

    async def wait(self: Monitor) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Monitor, "run", wait)
    StandIn.made = []
    monkeypatch.setattr(worker_module, "Worker", StandIn)
    return StandIn.made


async def test_the_first_connection_starts_an_embedded_worker_and_the_others_do_not(
    workers: list[StandIn],
) -> None:
    ensure_embedded()
    await asyncio.sleep(0)
    ensure_embedded()
    assert len(workers) == 1


async def test_an_embedded_worker_that_died_is_started_again(
    workers: list[StandIn], caplog: pytest.LogCaptureFixture
) -> None:
    ensure_embedded()
    task = current_embedded().task
    assert task is not None
    await asyncio.sleep(0.01)
    workers[0].failure.set()
    await asyncio.wait({task})
    ensure_embedded()
    await asyncio.sleep(0.01)
    assert len(workers) == 2
    await asyncio.sleep(0)  # the end of the first is logged by a callback
    assert "background task pulse ended" in caplog.messages


async def test_with_pulse_embedded_off_no_worker_is_started(
    workers: list[StandIn], settings: Settings
) -> None:
    settings.PULSE_EMBEDDED = False
    ensure_embedded()
    assert workers == []
