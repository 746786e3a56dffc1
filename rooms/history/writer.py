"""Group commit: messages that arrive together are stored in one transaction."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from django.db import DataError, Error, IntegrityError, connection

from rooms.history.pruning import Beyond, prune
from rooms.history.store import NewMessage, StoreResult, StoreStatus, discard_foreign, store_messages
from rtproject.utils.database_threads import in_writers_thread
from rtproject.utils.db import is_outage
from rtproject.websocket.counters import events
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.flood_log import FloodLog

StoredBatch = Sequence[tuple[NewMessage, StoreResult]]

MAX_BATCH = 200  # messages in one transaction
RETRY_SECONDS = 2.0  # for a store that is just being restarted
RETRY_PAUSE = 0.2  # seconds between two attempts
STORE_TIMEOUT = 4.0  # seconds until the senders are told that the store is out of reach
# More if the store failed during the commit: until it is back, nothing tells whether the messages were stored.
COMMIT_TIMEOUT = 10.0
PRUNE_SECONDS = 2.0  # between two rounds of pruning


class BatchCancelled(Exception):
    """Raised to abandon a transaction whose senders were told that it failed."""


class Batch:
    """Messages to be stored in one transaction, which can be cancelled until its commit begins."""

    def __init__(self, messages: Sequence[NewMessage]) -> None:
        self._messages = messages
        self._lock = threading.Lock()
        self._cancelled = False
        self._committing = False
        self._commit_unknown = False  # the connection broke during a commit
        self.failure: Error | None = None  # of the last attempt

    def run(self) -> list[StoreResult]:
        """Store the messages, with retries. Runs in the writer's thread.

        Raises django.db.Error or BatchCancelled.
        """
        end = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return store_messages(self._messages, self._before_commit, again=self._commit_unknown)
            except IntegrityError:
                if not discard_foreign({message.room.pk for message in self._messages}):
                    raise
            except Error as error:
                if not is_outage(error):
                    raise
                self._after_failure(error)
                if time.monotonic() > (end + COMMIT_TIMEOUT if self._commit_unknown else end):
                    raise
                time.sleep(RETRY_PAUSE)

    def cancel(self) -> bool:
        """Cancel the batch if its commit has not begun; return whether nothing of it is stored."""
        with self._lock:
            if not (self._committing or self._commit_unknown):
                self._cancelled = True
            return self._cancelled

    def _before_commit(self) -> None:
        with self._lock:
            if self._cancelled:
                raise BatchCancelled
            self._committing = True

    def _after_failure(self, error: Error) -> None:
        self.failure = error
        with self._lock:
            self._commit_unknown |= self._committing and not connection.is_usable()
            self._committing = False
        connection.close_if_unusable_or_obsolete()


class Writer:
    """The writer of one process: messages that arrive during a batch form the next one.

    `on_stored` is called on the event loop with the results of each batch, before the senders get theirs.
    """

    def __init__(self, on_stored: Callable[[StoredBatch], None]) -> None:
        self._on_stored = on_stored
        self._queue: asyncio.Queue[tuple[NewMessage, asyncio.Future[StoreResult]]] = asyncio.Queue()
        self._writing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._grown: set[int] = set()  # rows of rooms that may have more messages than they keep
        self._failures = FailureLog("storing messages")
        self._faults = FloodLog()
        self._pruning_failures = FailureLog("deleting old messages")

    @property
    def waiting(self) -> int:
        """The number of messages for the next batches."""
        return self._queue.qsize()

    async def store(self, message: NewMessage) -> StoreResult:
        result: asyncio.Future[StoreResult] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((message, result))
        if self._writing is None or self._writing.done():
            self._writing = run_in_background(self._write(), "rooms writer")
        return await asyncio.shield(result)

    async def _write(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < MAX_BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            messages = [message for message, _ in waiting]
            results = await self._store_batch(messages)
            events["messages_stored"] += sum(result.status is StoreStatus.STORED for result in results)
            try:
                self._on_stored(list(zip(messages, results, strict=True)))
            finally:
                for (message, waiter), result in zip(waiting, results, strict=True):
                    waiter.set_result(result)
                    if result.status is StoreStatus.STORED:
                        self._prune_soon(message.room.pk)

    async def _store_batch(self, messages: Sequence[NewMessage]) -> list[StoreResult]:
        batch = Batch(messages)
        with self._failures:
            try:
                return await _run_in_time(batch)
            except (
                DataError,
                IntegrityError,
            ) as error:  # the store works, and something in one room is wrong
                return await self._store_by_room(messages, error)
        status = StoreStatus.UNAVAILABLE if batch.cancel() else StoreStatus.COMMIT_UNKNOWN
        return [StoreResult(status)] * len(messages)

    async def _store_by_room(self, messages: Sequence[NewMessage], error: Error) -> list[StoreResult]:
        """Store the messages of each room by themselves: an error in one fails no message of another."""
        rooms = dict.fromkeys(message.room.pk for message in messages)
        if len(rooms) == 1:
            reason = str(error).partition("\n")[0]  # what follows may be a text
            self._faults.report("messages of room %s cannot be stored: %s", messages[0].room.name, reason)
            return [StoreResult(StoreStatus.UNAVAILABLE)] * len(messages)
        results: dict[int, StoreResult] = {}
        for room in rooms:
            own = [message for message in messages if message.room.pk == room]
            results |= zip(map(id, own), await self._store_batch(own), strict=True)
        return [results[id(message)] for message in messages]

    def _prune_soon(self, room: int) -> None:
        self._grown.add(room)
        if self._pruning is None or self._pruning.done():
            self._pruning = run_in_background(self._prune(), "rooms pruning")

    async def _prune(self) -> None:
        with self._pruning_failures:
            while self._grown:
                await asyncio.sleep(PRUNE_SECONDS)
                for room in list(self._grown):
                    while (beyond := await in_writers_thread(prune)(room)) is Beyond.MORE:
                        pass
                    if beyond is Beyond.NOTHING:
                        self._grown.discard(room)


async def _run_in_time(batch: Batch) -> list[StoreResult]:
    """Run `batch` within its timeouts. Raises an exception if it is not known to be stored."""
    running = asyncio.ensure_future(in_writers_thread(batch.run)())
    # Retrieve the exception, so that asyncio does not log it after a timeout.
    running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        async with asyncio.timeout(STORE_TIMEOUT):
            return await asyncio.shield(running)
    except TimeoutError:
        if batch.cancel():
            raise TimeoutError from batch.failure
    async with asyncio.timeout(COMMIT_TIMEOUT):
        return await asyncio.shield(running)
