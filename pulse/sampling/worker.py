"""The background worker, which measures this machine at each tick."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from django.conf import settings

from pulse import agent, protocol
from pulse.agent import FIRST_SECONDS, Sampler
from pulse.alerting.monitor import announce_alerts, current_monitor
from pulse.alerting.notifier import Notifier
from pulse.protocol import STRAY_TICKS, Measurement
from pulse.sampling import clock
from pulse.sampling.clock import Grid
from pulse.storage.recorder import Recorder
from pulse.storage.store import NewSample
from rtproject.utils.clocks import is_over
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

agent.warn = logger.warning
sampling_thread = ThreadPoolExecutor(1, "pulse-sampler")


class Worker:
    """The pulse of this machine."""

    def __init__(self) -> None:
        self._host: str = settings.PULSE_HOST
        self._interval: float = settings.PULSE_INTERVAL
        self._sampler = Sampler(str(disk_path()))
        self._recorder = Recorder(announce_alerts)
        self._grid = Grid(self._interval)
        self._sampling = FailureLog("sampling the machine")
        self._publishing = FailureLog("publishing pulses")
        self._missed = 0  # ticks without a sample since this worker started

    async def run(self) -> None:
        """Publish a pulse after FIRST_SECONDS, then at each tick until cancelled."""
        logger.info("the pulse of %s begins", self._host)
        try:
            await self._sample()
            await clock.sleep(FIRST_SECONDS)
            await self._publish_tick(self._grid.number(clock.now()))
            while True:
                tick = await self._grid.tick()
                self._missed += self._grid.skipped
                await self._publish_tick(tick)
        finally:
            await self._recorder.close()
            logger.info("the pulse of %s ends; ticks missed: %d", self._host, self._missed)

    async def _publish_tick(self, tick: int) -> None:
        measurement = await self._sample()
        if measurement is None or is_over(measurement.at, clock.now(), STRAY_TICKS * self._interval):
            # A measurement from before this process was stopped, or the clock was set, is outdated.
            self._missed += 1
            return
        seq = max(tick, self._grid.number(measurement.at))  # sampling may end after the next tick
        pulse = protocol.pulse_of(measurement, self._host, seq)
        text = protocol.encode(pulse)
        # Written in the background: a channel layer that hangs must not prevent storing.
        self._recorder.put(NewSample(pulse, text, measurement.at, self._interval, self._missed))
        with self._publishing:
            await broadcast(protocol.GROUP, text, host=self._host, seq=seq)

    async def _sample(self) -> Measurement | None:
        with self._sampling:
            return await asyncio.get_running_loop().run_in_executor(sampling_thread, measure, self._sampler)
        return None


def measure(sampler: Sampler) -> Measurement | None:
    """The next sample, or None for the first call. Blocks. Raises what `Sampler.sample` does."""
    return msgspec.convert(sampler.sample(), Measurement | None)


def disk_path() -> Path:
    """A folder on the disk that pulses report: that of the data, or of the project without one."""
    data: Path = settings.DATA_DIR
    return data if data.is_dir() else settings.BASE_DIR


async def run_pulse(with_worker: bool) -> None:
    """Run the monitor and the notifier of this process, and a worker if asked for, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(current_monitor().run(), name="pulse monitor")
        tasks.create_task(Notifier().run(), name="pulse notifier")
        if with_worker:
            tasks.create_task(Worker().run(), name="pulse worker")


class Embedded:
    """The task of a server process that runs the pulse."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None


current_embedded = loop_local(Embedded)


def ensure_embedded() -> None:
    """Run the pulse in this process, unless it runs already.

    Called for each connection: Daphne has no start hook, and a task that died starts again this way.
    """
    embedded = current_embedded()
    if embedded.task is None or embedded.task.done():
        embedded.task = run_in_background(run_pulse(settings.PULSE_EMBEDDED), "pulse")
