"""A single-flight cache: callers that ask for the same share one computation."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")


class TTLCache(Generic[T]):
    """The values of `compute`, by its arguments.

    A caller gets one whose computation began at most `seconds` before, or later: with 0, after it asked. A failure is
    not kept. It belongs to one event loop.
    """

    def __init__(self, compute: Callable[..., Awaitable[T]], seconds: float = 0.0) -> None:
        self._compute = compute
        self._seconds = seconds
        self._newest: dict[tuple[Hashable, ...], _Computation[T]] = {}

    async def get(self, *key: Hashable) -> T:
        """Return the value. A caller that is cancelled does not cancel it for the others."""
        found = self._newest.get(key)
        if found is None or asyncio.get_running_loop().time() - found.began >= self._seconds:
            before = None if found is None else found.task
            found = self._newest[key] = _Computation()
            found.task = asyncio.create_task(self._run(found, key, before), name="cached value")
            found.task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(found.task)

    async def _run(
        self, computation: "_Computation[T]", key: tuple[Hashable, ...], before: "asyncio.Task[T] | None"
    ) -> T:
        loop, kept_for = asyncio.get_running_loop(), 0.0
        if before is not None:
            await asyncio.wait({before})
        computation.began = loop.time()
        try:
            value = await self._compute(*key)
            kept_for = computation.began + self._seconds - loop.time()
            return value
        finally:
            if kept_for > 0:
                loop.call_later(kept_for, self._forget, computation, key)
            else:
                self._forget(computation, key)

    def _forget(self, computation: "_Computation[T]", key: tuple[Hashable, ...]) -> None:
        if self._newest.get(key) is computation:
            del self._newest[key]


class _Computation(Generic[T]):
    """One that waits for its predecessor has not begun."""

    began = inf
    task: "asyncio.Task[T]"
