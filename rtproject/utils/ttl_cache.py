"""A single-flight cache: one computation for all callers within a few seconds."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from channels.db import database_sync_to_async

T = TypeVar("T")

# A decorator for functions that read the store for such a cache. They run in a thread with a connection of its own,
# since a store that does not answer must not delay newcomers to rooms.
in_reader_thread = partial(
    database_sync_to_async, thread_sensitive=False, executor=ThreadPoolExecutor(1, "store-reader")
)


class TTLCache(Generic[T]):
    """The value of `compute`, computed again when it is older than `seconds`.

    It belongs to one event loop. `compute` must not raise: "out of reach" is a value too, and cached as long
    as any other.
    """

    def __init__(self, compute: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> None:
        self._compute = compute
        self._seconds = seconds
        self._running: asyncio.Task[T] | None = None
        self._until = 0.0  # of the loop's clock

    async def get(self) -> T:
        """Return the value. A caller that is cancelled does not cancel it for the others."""
        loop = asyncio.get_running_loop()
        if self._running is None or (self._running.done() and loop.time() >= self._until):
            self._running = asyncio.create_task(self._run(), name="cached value")
        return await asyncio.shield(self._running)

    async def _run(self) -> T:
        found = await self._compute()
        self._until = asyncio.get_running_loop().time() + self._seconds
        return found
