"""One look for all who ask within a few seconds, however many they are."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from channels.db import database_sync_to_async

T = TypeVar("T")

# Decorates what such a look reads from the store. The thread and its connection are of their own: a store that does not
# answer holds up nobody who wants to come in.
in_reader_thread = partial(
    database_sync_to_async, thread_sensitive=False, executor=ThreadPoolExecutor(1, "shared-look")
)


class TTLCache(Generic[T]):
    """What `look` returned, taken anew when it is older than `seconds`. Belongs to one event loop.

    `look` must not raise: what it finds out of reach is an answer too, and counts as long as any other.
    """

    def __init__(self, look: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> None:
        self._look = look
        self._seconds = seconds
        self._taken: asyncio.Task[T] | None = None
        self._until = 0.0  # of the loop's clock

    async def get(self) -> T:
        """The answer. Whoever stops waiting for it takes it from nobody else."""
        loop = asyncio.get_running_loop()
        if self._taken is None or (self._taken.done() and loop.time() >= self._until):
            self._taken = asyncio.create_task(self._take(), name="shared look")
        return await asyncio.shield(self._taken)

    async def _take(self) -> T:
        found = await self._look()
        self._until = asyncio.get_running_loop().time() + self._seconds
        return found
