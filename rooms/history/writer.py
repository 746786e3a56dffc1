"""Stores what members say: together with what others say at the same moment, and before anybody sees it."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError, connection

from rooms.history.pruning import Beyond, prune
from rooms.history.store import NewMessage, StoreResult, StoreStatus, store
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.lifecycle import run_in_background

P = ParamSpec("P")
T = TypeVar("T")
Stored = Sequence[tuple[NewMessage, StoreResult]]  # what became of each message of a batch

MOST_AT_ONCE = 200  # new_messages in one transaction
ANSWER_SECONDS = 4.0  # until those who wait are told that the store is out of reach
# Longer, if the store went away while it committed: then nobody can say yet whether their messages are in it.
COMMIT_UNKNOWN_SECONDS = 10.0
TRYING_SECONDS = 2.0  # a store that is just being restarted comes back before anybody is told anything
PAUSE_SECONDS = 0.2  # between two attempts
PRUNE_SECONDS = 2.0  # between two looks at what may be deleted

# Apart from the thread that all other database work shares: what waits for a room's lock holds nobody else up.
_thread = ThreadPoolExecutor(1, thread_name_prefix="rooms-writer")


class GivenUp(Exception):
    """Nobody waits for this transaction any more: it must not be committed."""


class Batch:
    """Some new_messages on their way into the store. Until it is being committed it can be given up."""

    def __init__(self, new_messages: Sequence[NewMessage]) -> None:
        self._sayings = new_messages
        self._lock = threading.Lock()
        self._given_up = False
        self._committing = False
        self._commit_unknown = False  # a commit was under way when the connection broke

    def run(self) -> list[StoreResult]:
        """Stores, in the writer's thread. Tries again for a while; raises django.db.Error or GivenUp."""
        end = time.monotonic() + TRYING_SECONDS
        while True:
            try:
                return store(self._sayings, self._before_commit, again=self._commit_unknown)
            except (InterfaceError, OperationalError):
                self._failed()
                if time.monotonic() > (end + COMMIT_UNKNOWN_SECONDS if self._commit_unknown else end):
                    raise
                time.sleep(PAUSE_SECONDS)

    def give_up(self) -> bool:
        """Whether it is certain now that nothing of it is or will be stored."""
        with self._lock:
            if not (self._committing or self._commit_unknown):
                self._given_up = True
            return self._given_up

    def _before_commit(self) -> None:
        with self._lock:
            if self._given_up:
                raise GivenUp
            self._committing = True

    def _failed(self) -> None:
        with self._lock:
            self._commit_unknown |= self._committing and not connection.is_usable()
            self._committing = False
        connection.close_if_unusable_or_obsolete()


class Writer:
    """Group commit for one process: while one batch is being stored the next one gathers.

    `on_stored` is called on the event loop with what became of each batch, before those who wait are told.
    """

    def __init__(self, on_stored: Callable[[Stored], None]) -> None:
        self._on_stored = on_stored
        self._waiting: deque[tuple[NewMessage, asyncio.Future[StoreResult]]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._grown: set[int] = set()  # rows of rooms that may have more messages than they keep
        self._outage = FailureLog("storing messages")
        self._pruning_outage = FailureLog("deleting old messages")

    async def store(self, new_message: NewMessage) -> StoreResult:
        """Stores `new_message`; returns what became of it."""
        stored: asyncio.Future[StoreResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((new_message, stored))
        if self._writing is None or self._writing.done():
            self._writing = run_in_background(self._write(), "rooms writer")
        return await asyncio.shield(stored)

    async def _write(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            batch = Batch([new_message for new_message, _ in some])
            results: list[StoreResult] = []
            with self._outage:
                results = await _results(batch)
            if not results:
                status = StoreStatus.UNAVAILABLE if batch.give_up() else StoreStatus.COMMIT_UNKNOWN
                results = [StoreResult(status)] * len(some)
            try:
                self._on_stored(
                    [(new_message, result) for (new_message, _), result in zip(some, results, strict=True)]
                )
            finally:
                self._answer(some, results)

    def _answer(
        self, some: Sequence[tuple[NewMessage, asyncio.Future[StoreResult]]], results: Sequence[StoreResult]
    ) -> None:
        for (new_message, answer), result in zip(some, results, strict=True):
            if result.status is StoreStatus.STORED:
                self._prune_soon(new_message.room.pk)
            answer.set_result(result)

    def _prune_soon(self, room: int) -> None:
        self._grown.add(room)
        if self._pruning is None or self._pruning.done():
            self._pruning = run_in_background(self._prune(), "rooms pruning")

    async def _prune(self) -> None:
        with self._pruning_outage:
            while self._grown:
                await asyncio.sleep(PRUNE_SECONDS)
                for room in list(self._grown):
                    while (beyond := await _in_writers_thread(prune)(room)) is Beyond.MORE:
                        pass
                    if beyond is Beyond.NOTHING:
                        self._grown.discard(room)


def _in_writers_thread(work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    in_thread: Callable[P, Awaitable[T]] = database_sync_to_async(
        work, thread_sensitive=False, executor=_thread
    )
    return in_thread


async def _results(batch: Batch) -> list[StoreResult]:
    """Raises an Exception if nothing is stored."""
    running = asyncio.ensure_future(_in_writers_thread(batch.run)())
    running.add_done_callback(
        lambda ended: ended.cancelled() or ended.exception()
    )  # also if nobody waits any more
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asyncio.shield(running)
    except TimeoutError:
        if batch.give_up():
            raise
    async with asyncio.timeout(COMMIT_UNKNOWN_SECONDS):
        return await asyncio.shield(running)
