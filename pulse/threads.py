"""Threads of the pulse's own: whoever waits in one of them, for a disk or a database, holds nobody else up."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from channels.db import database_sync_to_async


class OwnThread(ThreadPoolExecutor):
    """One thread, which knows what it has not done yet."""

    def __init__(self, name: str) -> None:
        super().__init__(1, name)
        self._undone: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See concurrent.futures.Executor."""
        future = super().submit(fn, *args, **kwargs)
        self._undone.add(future)
        future.add_done_callback(self._undone.discard)
        return future

    def ends_within(self, seconds: float) -> bool:
        """Whether it is through with everything in so many seconds. Else it hangs, and Python waits for it at exit."""
        return not wait(set(self._undone), timeout=seconds).not_done


sampling_thread = OwnThread("pulse-sampler")
storing_thread = OwnThread("pulse-recorder")

# Apart from the thread that all other database work shares: who waits to write on SQLite holds no reader up.
in_storing_thread = partial(database_sync_to_async, thread_sensitive=False, executor=storing_thread)
