"""Keeps samples in the database, beside the worker and never in its way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from pulse.protocol import MOST_HISTORY
from pulse.storage import pruning
from pulse.storage import store as storing
from pulse.storage.store import NewSample
from pulse.threads import in_storing_thread
from rtproject.utils.failure_log import FailureLog

PRUNE_EVERY = 100  # writes
CLOSING_SECONDS = 1.0

keep = in_storing_thread(storing.keep)
prune = in_storing_thread(pruning.prune)


class Recorder:
    """Writes what it is given as soon as the database is ready for it.

    `write` stores pulses of one host and tells whether an alert changed by them, which is then told by `tell`. `tidy`
    deletes a little of what is too old and tells whether there is more. While a write is under way or the database is
    away the next pulses wait, up to MOST_HISTORY of them; then the oldest are lost.
    """

    def __init__(
        self,
        tell: Callable[[], Awaitable[None]],
        write: Callable[[list[NewSample]], Awaitable[bool]] = keep,
        tidy: Callable[[], Awaitable[bool]] = prune,
    ) -> None:
        self._write = write
        self._tidy = tidy
        self._tell = tell
        self._waiting: deque[NewSample] = deque(maxlen=MOST_HISTORY)
        self._writing: asyncio.Task[None] | None = None
        self._writes_until_tidy = 0
        self._storing = FailureLog("storing pulses")
        self._telling = FailureLog("telling that alerts have changed")

    def put(self, measured: NewSample) -> None:
        """Has a pulse written, and returns at once."""
        self._waiting.append(measured)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="pulse recorder")

    async def settled(self) -> None:
        """Returns when everything that was put is written, or cannot be for now."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def close(self) -> None:
        """Gives the last write a moment to end, then gives it up."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=CLOSING_SECONDS)
            self._writing.cancel()

    async def _write_all(self) -> None:
        stored = True
        while self._waiting and stored:
            batch = list(self._waiting)
            self._waiting.clear()
            stored = False
            with self._storing:
                changed = await self._write(batch)
                stored = True
                await self._tidy_now_and_then()
            if not stored:
                self._put_back(batch)
            elif changed:
                with self._telling:
                    await self._tell()

    def _put_back(self, batch: list[NewSample]) -> None:
        """What could not be stored is tried again with the next pulse."""
        self._waiting = deque((*batch, *self._waiting), MOST_HISTORY)

    async def _tidy_now_and_then(self) -> None:
        self._writes_until_tidy -= 1
        if self._writes_until_tidy < 0:
            more = await self._tidy()
            self._writes_until_tidy = 0 if more else PRUNE_EVERY - 1
