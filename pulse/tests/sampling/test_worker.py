"""The worker's interval, on a clock that the test moves."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from pulse.alerting.monitor import announce_alerts
from pulse.protocol import Measurement
from pulse.sampling.sampler import Sampler, Snapshot
from pulse.sampling.worker import FIRST_SECONDS, Worker
from pulse.storage.recorder import Recorder
from pulse.storage.store import NewSample
from pulse.tests.support import NOON, FakeClock, snapshot
from rtproject.websocket.exceptions import LayerUnavailable

INTERVAL = 5.0


class Enough(BaseException):
    """Ends a worker that has beaten as often as the test wants; no Exception, so that nothing is in its way."""


class World:
    """Everything a worker touches. `reads` and `publishes` count what it tried; hooks get the count before it."""

    def __init__(self, intervals: int) -> None:
        self.clock = FakeClock(NOON + 1)
        self.pulses: list[dict[str, Any]] = []
        self.moments: list[float] = []
        self.tags: list[dict[str, Any]] = []
        self.stored: list[NewSample] = []
        self.reads = self.publishes = 0
        self.on_read: Callable[[int], None] = lambda count: None
        self.on_publish: Callable[[int], None] = lambda count: None
        self._beats = intervals

    def read(self) -> Snapshot:
        self.reads += 1
        self.on_read(self.reads)
        return snapshot(self.clock.time, idle=self.clock.time)

    async def publish(self, group: str, text: str, **tags: Any) -> None:
        self.publishes += 1
        self.on_publish(self.publishes)
        assert group == "pulse"
        self.pulses.append(json.loads(text))
        self.moments.append(self.clock.time)
        self.tags.append(tags)
        if len(self.pulses) == self._beats:
            raise Enough

    async def write(self, batch: list[NewSample]) -> bool:
        self.stored += batch
        return False

    async def tidy(self) -> bool:
        return False

    async def run(self, recorder: Recorder | None = None) -> None:
        """Runs a worker in this world until it has published as many pulses as `intervals`."""
        recorder = recorder or Recorder(announce_alerts, self.write, self.tidy)
        worker = Worker("web-1", INTERVAL, Sampler(self.read), recorder, self.clock, self.publish)
        with pytest.raises(Enough):
            await worker.run()

    @property
    def seqs(self) -> list[int]:
        return [pulse["seq"] for pulse in self.pulses]


def fail_on(counts: range, error: Exception) -> Callable[[int], None]:
    def hook(count: int) -> None:
        if count in counts:
            raise error

    return hook


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged between the lines that a worker begins and ends with."""
    return [message for message in caplog.messages if "the pulse of web-1" not in message]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pulse")


async def test_the_first_pulse_comes_as_soon_as_something_is_measured() -> None:
    world = World(intervals=1)
    await world.run()
    assert world.moments == [NOON + 1 + FIRST_SECONDS]
    assert world.pulses[0]["interval"] == FIRST_SECONDS
    assert world.seqs == [NOON / INTERVAL]


async def test_a_thousand_pulses_keep_to_the_grid_of_the_clock() -> None:
    world = World(intervals=1001)
    await world.run()
    assert world.moments[1:] == [NOON + INTERVAL * interval for interval in range(1, 1001)]
    assert world.seqs == [NOON / INTERVAL + interval for interval in range(1001)]


async def test_a_pulse_is_tagged_with_its_host_and_seq() -> None:
    world = World(intervals=2)
    await world.run()
    assert world.tags == [{"host": "web-1", "seq": pulse["seq"]} for pulse in world.pulses]


async def test_a_sample_that_takes_longer_than_a_tick_does_not_move_the_beat() -> None:
    world = World(intervals=4)

    def slow(count: int) -> None:
        world.clock.time += 7 if count > 2 else 0

    world.on_read = slow
    await world.run()
    assert world.moments[1:] == [NOON + 12, NOON + 22, NOON + 32]
    assert world.seqs[1:] == [NOON / INTERVAL + interval for interval in (2, 4, 6)]


async def test_what_was_measured_before_the_process_was_stopped_for_long_is_no_pulse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is neither published nor stored: another worker of this host may have gone on."""
    world = World(intervals=3)
    sample = Sampler.sample

    def stopped(sampler: Sampler) -> Measurement | None:
        measured = sample(sampler)
        world.clock.time += 3600 if world.reads == 3 else 0
        return measured

    monkeypatch.setattr(Sampler, "sample", stopped)
    await world.run()
    assert world.seqs == [NOON / INTERVAL + interval for interval in (0, 722, 723)]
    assert [each.pulse.seq for each in world.stored] == world.seqs


async def test_ticks_without_a_pulse_are_counted_and_the_count_is_stored_with_each() -> None:
    """Those that were skipped, and those at which the machine could not be sampled."""
    world = World(intervals=7)

    def suspend(count: int) -> None:
        world.clock.time += 22 if count == 3 else 0

    world.on_publish = suspend
    world.on_read = fail_on(range(6, 8), OSError("no /proc"))
    await world.run()
    assert [each.missed for each in world.stored] == [0, 0, 0, 4, 6, 6, 6]


async def test_how_many_ticks_were_missed_is_logged_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    world = World(intervals=2)
    world.on_read = fail_on(range(2, 3), OSError("no /proc"))
    await world.run()
    assert caplog.messages[-1] == "the pulse of web-1 ends; ticks missed: 1"


async def test_a_machine_that_cannot_be_sampled_is_logged_once_and_the_beat_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(intervals=3)
    world.on_read = fail_on(range(3, 6), OSError("no /proc"))
    await world.run()
    assert world.seqs == [NOON / INTERVAL + interval for interval in (0, 4, 5)]
    assert messages(caplog) == [
        "sampling the machine fails, and is tried again: OSError: no /proc",
        "sampling the machine works again",
    ]


async def test_if_the_very_first_reading_fails_the_first_pulse_is_a_tick_late() -> None:
    world = World(intervals=1)
    world.on_read = fail_on(range(1, 2), OSError("no /proc"))
    await world.run()
    assert world.seqs == [NOON / INTERVAL + 1]


async def test_a_pulse_that_cannot_be_published_is_logged_once_and_stored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(intervals=3)
    world.on_publish = fail_on(range(2, 5), LayerUnavailable("no layer"))
    await world.run()
    assert world.seqs == [NOON / INTERVAL + interval for interval in (0, 4, 5)]
    assert {stored.pulse.seq for stored in world.stored} >= {
        NOON / INTERVAL + interval for interval in (1, 2, 3)
    }
    assert messages(caplog) == [
        "publishing pulses fails, and is tried again: LayerUnavailable: no layer",
        "publishing pulses works again",
    ]


async def test_what_is_stored_is_the_frame_that_was_published() -> None:
    world = World(intervals=3)
    await world.run()
    first = world.stored[0]
    assert json.loads(first.text) == world.pulses[0]
    assert (first.pulse.host, first.pulse.seq, first.at) == ("web-1", NOON / INTERVAL, NOON + 1.2)
    assert first.interval == INTERVAL


async def test_a_store_that_hangs_delays_no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulse.storage.recorder.CLOSE_TIMEOUT", 0)
    world = World(intervals=50)

    async def hang(batch: list[NewSample]) -> bool:
        await asyncio.Event().wait()
        raise AssertionError

    await world.run(Recorder(announce_alerts, hang, world.tidy))
    assert world.seqs == [NOON / INTERVAL + interval for interval in range(50)]


async def test_the_worker_of_this_machine_is_made_from_the_settings(settings: Settings) -> None:
    settings.PULSE_HOST = "web-7"
    worker = Worker.from_settings()
    pulses: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def publish(group: str, text: str, **tags: Any) -> None:
        await pulses.put(json.loads(text))
        raise Enough

    worker._publish = publish
    with pytest.raises(Enough):
        await worker.run()
    pulse = pulses.get_nowait()
    assert pulse["host"] == "web-7"
    assert pulse["interval"] >= FIRST_SECONDS
    assert pulse["memory"]["total"] > 0
