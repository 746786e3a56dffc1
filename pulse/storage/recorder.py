"""Storing samples in the background, so that the store never delays the worker."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from pulse.protocol import MAX_HISTORY
from pulse.storage import pruning, store
from pulse.storage.store import NewSample
from rtproject.utils.database_threads import in_recorders_thread
from rtproject.websocket.utils.failure_log import FailureLog

PRUNE_EVERY = 100  # writes
CLOSE_TIMEOUT = 1.0

store_samples = in_recorders_thread(store.store_samples)
prune = in_recorders_thread(pruning.prune)


class Pruner:
    """Pruning after every PRUNE_EVERY writes, and until nothing is left to prune."""

    def __init__(self) -> None:
        self._writes_left = 0

    async def wrote(self) -> None:
        """Count a write. Raise django.db.Error."""
        self._writes_left -= 1
        if self._writes_left < 0:
            self._writes_left = 0 if await prune() else PRUNE_EVERY - 1


class Recorder:
    """A writer of one host's samples, which are stored as soon as the store is ready.

    `on_alerts_changed` is called after a write that changed an alert. During a write, and while the store is
    out of reach, the newest MAX_HISTORY samples wait.
    """

    def __init__(self, on_alerts_changed: Callable[[], Awaitable[None]]) -> None:
        self._on_alerts_changed = on_alerts_changed
        self._waiting: deque[NewSample] = deque(maxlen=MAX_HISTORY)
        self._writing: asyncio.Task[None] | None = None
        self._pruner = Pruner()
        self._failures = FailureLog("storing pulses")

    def put(self, sample: NewSample) -> None:
        """Write `sample` in the background."""
        self._waiting.append(sample)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="pulse recorder")

    async def close(self) -> None:
        """Wait for the last write, but no longer than CLOSE_TIMEOUT."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=CLOSE_TIMEOUT)
            self._writing.cancel()

    async def _write_all(self) -> None:
        while self._waiting:
            batch = list(self._waiting)
            self._waiting.clear()
            changed = None
            with self._failures:
                changed = await store_samples(batch)
                await self._pruner.wrote()
            if changed is None:
                # The batch waits for the next pulse, to be written with it.
                self._waiting = deque((*batch, *self._waiting), MAX_HISTORY)
                return
            if changed:
                await self._on_alerts_changed()
