"""Keeps samples in the database, beside the worker and never in its way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from channels.db import database_sync_to_async

from pulse.models import Sample
from pulse.protocol import MOST_HISTORY
from rtproject.websocket.outage import Outage

PRUNE_EVERY = 100  # writes
PRUNE_STEP = 500  # samples: more than come in meanwhile, and few enough to hold no lock for long
CLOSING_SECONDS = 1.0


# Apart from the thread that all other database work shares: whoever waits to write on SQLite holds no reader up.
_in_own_thread = partial(
    database_sync_to_async, thread_sensitive=False, executor=ThreadPoolExecutor(1, "pulse-recorder")
)


@_in_own_thread
def store(samples: list[Sample]) -> None:
    """Stores `samples`. Raises django.db.Error if the database cannot."""
    Sample.objects.store(samples)


@_in_own_thread
def prune() -> None:
    """Deletes some of the samples that are too old. Raises django.db.Error if the database cannot."""
    Sample.objects.prune(PRUNE_STEP)


class Recorder:
    """Writes what it is given as soon as the database is ready for it.

    While one write is under way the next samples wait, up to MOST_HISTORY of them. Samples that cannot be
    stored are lost: they were published, and the dashboard shows a gap where the database was away.
    """

    def __init__(
        self,
        write: Callable[[list[Sample]], Awaitable[None]] = store,
        tidy: Callable[[], Awaitable[None]] = prune,
    ) -> None:
        self._write = write
        self._tidy = tidy
        self._waiting: deque[Sample] = deque(maxlen=MOST_HISTORY)
        self._writing: asyncio.Task[None] | None = None
        self._writes = 0
        self._outage = Outage("storing pulse samples")

    def put(self, sample: Sample) -> None:
        """Has `sample` written, and returns at once."""
        self._waiting.append(sample)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="pulse recorder")

    async def settled(self) -> None:
        """Returns when everything that was put is written or given up."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def close(self) -> None:
        """Gives the last write a moment to end, then gives it up."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=CLOSING_SECONDS)
            self._writing.cancel()

    async def _write_all(self) -> None:
        while self._waiting:
            batch = list(self._waiting)
            self._waiting.clear()
            with self._outage:
                await self._write(batch)
                if self._writes % PRUNE_EVERY == 0:
                    await self._tidy()
                self._writes += 1
