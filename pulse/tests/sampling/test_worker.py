"""The worker, on a clock that the tests move, and inside a server process."""

import asyncio
import json
import logging
from collections import Counter
from typing import Any

import msgspec
import pytest
from pytest_django import Settings

from pulse.agent import FIRST_SECONDS, Sampler
from pulse.alerting.monitor import Monitor
from pulse.protocol import Measurement
from pulse.sampling import worker as worker_module
from pulse.sampling.worker import Worker, current_embedded, ensure_embedded
from pulse.storage import recorder as recorder_module
from pulse.storage.store import NewSample
from pulse.tests.support import IDLE, INTERVAL, NOON, FakeClock, warnings
from rtproject.websocket.exceptions import LayerUnavailable

FIRST_TICK = NOON / INTERVAL


@pytest.fixture(autouse=True)
def _settings(settings: Settings) -> None:
    settings.PULSE_HOST, settings.PULSE_INTERVAL = "web-1", INTERVAL


class Enough(BaseException):
    """Ends a worker; not an Exception, so that nothing handles it."""


class World:
    """Everything that a worker uses. Delays and failures have keys like `("read", 3)`."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        pulses: int,
        delays: dict[tuple[str, int], float] | None = None,
        failures: dict[tuple[str, int], Exception] | None = None,
    ) -> None:
        monkeypatch.setattr(worker_module, "measure", self.measure)
        monkeypatch.setattr(worker_module, "broadcast", self.publish)
        monkeypatch.setattr(recorder_module, "store_samples", self.write)
        monkeypatch.setattr(recorder_module, "prune", self.prune)
        self.clock = FakeClock(monkeypatch, NOON + 1)
        self.pulses: list[dict[str, Any]] = []
        self.moments: list[float] = []
        self.stored: list[NewSample] = []
        self.counts: Counter[str] = Counter()
        self._read_at: float | None = None
        self._wanted = pulses
        self._delays = delays or {}
        self._failures = failures or {}

    def _happens(self, what: str) -> None:
        self.counts[what] += 1
        key = (what, self.counts[what])
        self.clock.time += self._delays.get(key, 0)
        if key in self._failures:
            raise self._failures[key]

    def measure(self, sampler: Sampler) -> Measurement | None:
        self._happens("read")
        before, self._read_at = self._read_at, (at := self.clock.time)
        return (
            None if before is None else msgspec.structs.replace(IDLE, at=at, interval=round(at - before, 3))
        )

    async def publish(self, group: str, text: str, **tags: Any) -> None:
        self._happens("publish")
        pulse = json.loads(text)
        assert (group, tags) == ("pulse", {"host": "web-1", "seq": pulse["seq"]})
        self.pulses.append(pulse)
        self.moments.append(self.clock.time)
        if len(self.pulses) == self._wanted:
            raise Enough

    async def write(self, batch: list[NewSample]) -> bool:
        self.stored += batch
        return False

    async def prune(self) -> bool:
        return False

    async def run(self) -> list[int]:
        """Run a worker until it has published all pulses; their ticks, counted from NOON."""
        with pytest.raises(Enough):
            await Worker().run()
        return [int(pulse["seq"] - FIRST_TICK) for pulse in self.pulses]


async def test_the_first_pulse_comes_at_once_and_the_others_on_the_grid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, 1001)
    assert await world.run() == list(range(1001))
    assert world.pulses[0]["interval"] == FIRST_SECONDS
    assert world.moments == [NOON + 1 + FIRST_SECONDS, *(NOON + INTERVAL * tick for tick in range(1, 1001))]


async def test_the_published_frame_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, 3)
    await world.run()
    assert [json.loads(sample.text) for sample in world.stored] == world.pulses
    first = world.stored[0]
    assert (first.pulse.host, first.at, first.interval) == ("web-1", NOON + 1.2, INTERVAL)


async def test_slow_sampling_does_not_move_the_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, 4, delays={("read", number): 7 for number in (3, 4, 5)})
    assert await world.run() == [0, 2, 4, 6]
    assert world.moments[1:] == [NOON + 12, NOON + 22, NOON + 32]


@pytest.mark.parametrize(("jump", "ticks"), [(3600, [0, 722, 723]), (-3600, [0, -718, -717])])
async def test_a_measurement_from_before_a_long_stop_is_dropped(
    monkeypatch: pytest.MonkeyPatch, jump: int, ticks: list[int]
) -> None:
    """Another worker of this host may have continued. So is one from before the clock was set back."""
    world = World(monkeypatch, 3)

    def stopped(sampler: Sampler) -> Measurement | None:
        measurement = world.measure(sampler)
        world.clock.time += jump if world.counts["read"] == 3 else 0
        return measurement

    monkeypatch.setattr(worker_module, "measure", stopped)
    assert await world.run() == ticks
    assert len(world.stored) == 3


async def test_missed_ticks_are_counted_and_failures_to_sample_are_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pulse")
    error = OSError("no /proc")
    world = World(
        monkeypatch, 6, delays={("publish", 2): 22}, failures={("read", 5): error, ("read", 6): error}
    )
    assert await world.run() == [0, 1, 6, 9, 10, 11]
    assert [each.missed for each in world.stored] == [0, 0, 4, 6, 6, 6]
    assert warnings(caplog) == ["sampling the machine fails, and is tried again: OSError: no /proc"]
    assert caplog.messages[-1] == "the pulse of web-1 ends; ticks missed: 6"


async def test_failures_to_publish_are_logged_once_and_all_pulses_are_stored(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    error = LayerUnavailable("no layer")
    world = World(monkeypatch, 3, failures={("publish", number): error for number in (2, 3, 4)})
    assert await world.run() == [0, 4, 5]
    assert [sample.pulse.seq - FIRST_TICK for sample in world.stored] == [0, 1, 2, 3, 4, 5]
    assert warnings(caplog) == ["publishing pulses fails, and is tried again: LayerUnavailable: no layer"]


async def test_a_store_that_hangs_delays_no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "CLOSE_TIMEOUT", 0)

    async def hang(batch: list[NewSample]) -> bool:
        return await asyncio.Event().wait()

    world = World(monkeypatch, 50)
    monkeypatch.setattr(recorder_module, "store_samples", hang)
    assert await world.run() == list(range(50))


@pytest.mark.parametrize("embedded", [True, False])
async def test_connections_start_one_task_and_another_after_it_died(
    embedded: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PULSE_EMBEDDED = embedded
    started: asyncio.Queue[str] = asyncio.Queue()
    die = asyncio.Event()

    async def run_monitor(monitor: Monitor) -> None:
        started.put_nowait("monitor")
        await die.wait()
        raise RuntimeError("a bug")

    async def run_worker(worker: Worker) -> None:
        started.put_nowait("worker")
        await asyncio.Event().wait()

    monkeypatch.setattr(Monitor, "run", run_monitor)
    monkeypatch.setattr(Worker, "run", run_worker)
    expected = ["monitor", "worker"] if embedded else ["monitor"]
    ensure_embedded()
    task = current_embedded().task
    assert task is not None
    assert [await started.get() for _ in expected] == expected
    ensure_embedded()
    assert current_embedded().task is task
    die.set()
    await asyncio.wait({task})
    ensure_embedded()
    assert [await started.get() for _ in expected] == expected
    assert started.empty()
    assert "background task pulse ended" in caplog.messages
