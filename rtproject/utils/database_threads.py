"""The threads of a process that use the database: each has one connection, and its calls run one after the other.

Coming in has the thread that Channels uses by default: `database_sync_to_async` without arguments. Only what a newcomer
needs runs there, so that nothing heavy is ever in front of one. Pages of Django have a thread for each request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

from rtproject.utils.db import end_at
from rtproject.websocket.utils.loop_local import loop_local

P = ParamSpec("P")
T = TypeVar("T")

READ_SECONDS = 3.0  # for a read; then no caller waits for it, and the database ends it
LINE_SECONDS = 10.0  # to wait for the reads before it
MAX_REST = 0.1  # seconds


class DatabaseThread:
    """A decorator that makes a function that blocks into a coroutine function, which runs in this thread."""

    def __init__(self, name: str) -> None:
        self.executor = ThreadPoolExecutor(1, name)

    def __call__(self, work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """Return a coroutine function that runs `work`. It goes on if the caller is cancelled."""
        in_thread: Callable[P, Awaitable[T]] = database_sync_to_async(
            work, thread_sensitive=False, executor=self.executor
        )
        return in_thread


class ReaderThread(DatabaseThread):
    """A thread for reads that end when no caller waits for them any more.

    After each it rests as long as that took: reads take half of a processor at most, and the event loop has the other.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._line = loop_local(asyncio.Lock)

    def __call__(self, work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """Return a coroutine function that runs `work` when it is its turn. It may raise TimeoutError."""

        def run(until: float, *args: P.args, **kwargs: P.kwargs) -> T:
            with end_at(until):
                return work(*args, **kwargs)

        in_thread = super().__call__(run)

        @wraps(work)
        async def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
            line = self._line()
            async with asyncio.timeout(LINE_SECONDS):
                await line.acquire()
            began = time.monotonic()
            try:
                async with asyncio.timeout(READ_SECONDS):
                    return await in_thread(began + READ_SECONDS, *args, **kwargs)
            finally:
                rest = min(time.monotonic() - began, MAX_REST)
                asyncio.get_running_loop().call_later(rest, line.release)

        return in_turn


in_history_thread = ReaderThread("rooms-history")  # pages of messages that members ask for
in_public_thread = ReaderThread("public-reads")  # what everybody may ask for, and shares
in_writers_thread = DatabaseThread("rooms-writer")  # messages, which may wait for a room's lock
in_recorders_thread = DatabaseThread("recorder")  # pulses, alerts, expired sessions: they wait to write
