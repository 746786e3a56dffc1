"""The background worker: at each tick of the clock it samples this machine and tells everybody."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from django.conf import settings

from pulse import protocol
from pulse.alerting.monitor import current_monitor, tell_alerts_changed
from pulse.protocol import Measurement
from pulse.sampling.clock import Clock, Grid, SystemClock
from pulse.sampling.sampler import Sampler, take_snapshot
from pulse.storage.recorder import Recorder
from pulse.storage.store import STRAY_INTERVALS, NewSample
from pulse.threads import sampling_thread
from rtproject.utils.failure_log import FailureLog
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background

logger = logging.getLogger(__name__)

FIRST_SECONDS = 0.2  # what the first sample covers: the least that measures well, since somebody waits for it


class Worker:
    """One host's pulse. `publish` is called as `broadcast(group, text, host=..., seq=...)`."""

    def __init__(
        self,
        host: str,
        interval: float,
        sampler: Sampler,
        recorder: Recorder,
        clock: Clock,
        publish: Callable[..., Awaitable[None]] = broadcast,
    ) -> None:
        self._host = host
        self._interval = interval
        self._sampler = sampler
        self._recorder = recorder
        self._clock = clock
        self._publish = publish
        self._grid = Grid(interval, clock)
        self._sampling = FailureLog("sampling the machine")
        self._publishing = FailureLog("publishing pulses")
        self._pace = FailureLog("keeping the interval of the pulse")
        self._missed = 0  # ticks without a sample since this worker began

    @classmethod
    def from_settings(cls) -> "Worker":
        """The worker of this machine."""
        return cls(
            host=settings.PULSE_HOST,
            interval=settings.PULSE_INTERVAL,
            sampler=Sampler(partial(take_snapshot, disk_path())),
            recorder=Recorder(tell=tell_alerts_changed),
            clock=SystemClock(),
        )

    async def run(self) -> None:
        """Beats until it is cancelled: once as soon as there is something measured, then at each tick."""
        logger.info("the pulse of %s begins", self._host)
        try:
            await self._sample()
            await self._clock.sleep(FIRST_SECONDS)
            await self._publish_tick(self._grid.number(self._clock.now()))
            while True:
                tick = await self._grid.tick()
                self._count_skipped()
                await self._publish_tick(tick)
        finally:
            await self._recorder.close()
            logger.info("the pulse of %s ends; ticks missed: %d", self._host, self._missed)

    async def _publish_tick(self, tick: int) -> None:
        sample = await self._sample()
        if sample is None or self._clock.now() - sample.at > STRAY_INTERVALS * self._interval:
            # What was measured before this process was stopped for a while is no pulse of now.
            self._missed += 1
            return
        seq = max(tick, self._grid.number(sample.at))  # it may have taken until after the next tick
        pulse = protocol.pulse_of(sample, self._host, seq)
        text = protocol.encode(pulse)
        # Only handed over here, and written while publishing waits: a layer that hangs must not cost the history.
        self._recorder.put(NewSample(pulse, text, sample.at, self._interval, self._missed))
        with self._publishing:
            await self._publish(protocol.GROUP, text, host=self._host, seq=seq)

    async def _sample(self) -> Measurement | None:
        with self._sampling:
            # A disk may be slow to answer.
            return await asyncio.get_running_loop().run_in_executor(sampling_thread, self._sampler.sample)
        return None

    def _count_skipped(self) -> None:
        self._missed += self._grid.skipped
        if self._grid.skipped:
            self._pace.failed(f"{self._grid.skipped} ticks were skipped")
        else:
            self._pace.recovered()


def disk_path() -> Path:
    """A folder on the disk that is watched: the data's, or the project's own when everything is kept elsewhere."""
    data: Path = settings.DATA_DIR
    return data if data.is_dir() else settings.BASE_DIR


class Embedded:
    """The worker inside a server process, if there is one."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None


current_embedded = loop_local(Embedded)


def ensure_embedded() -> None:
    """Starts a worker on the running loop, unless PULSE_EMBEDDED is off or one is running there, and the watch.

    To be called at each connection: Daphne has no start hook, and a worker that died is started again this
    way. It costs next to nothing when one is running.
    """
    current_monitor().ensure_running()
    if not settings.PULSE_EMBEDDED:
        return
    embedded = current_embedded()
    if embedded.task is None or embedded.task.done():
        embedded.task = run_in_background(Worker.from_settings().run(), "pulse worker")
