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
from rooms.history.store import Outcome, Saying, Verdict, store
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.lifecycle import run_in_background

P = ParamSpec("P")
T = TypeVar("T")
Stored = Sequence[tuple[Saying, Outcome]]  # what became of each message of a batch

MOST_AT_ONCE = 200  # sayings in one transaction
ANSWER_SECONDS = 4.0  # until those who wait are told that the store is out of reach
# Longer, if the store went away while it committed: then nobody can say yet whether their messages are in it.
DOUBT_SECONDS = 10.0
TRYING_SECONDS = 2.0  # a store that is just being restarted comes back before anybody is told anything
PAUSE_SECONDS = 0.2  # between two attempts
PRUNE_SECONDS = 2.0  # between two looks at what may be deleted

# Apart from the thread that all other database work shares: what waits for a room's lock holds nobody else up.
_thread = ThreadPoolExecutor(1, thread_name_prefix="rooms-writer")


class GivenUp(Exception):
    """Nobody waits for this transaction any more: it must not be committed."""


class Batch:
    """Some sayings on their way into the store. Until it is being committed it can be given up."""

    def __init__(self, sayings: Sequence[Saying]) -> None:
        self._sayings = sayings
        self._lock = threading.Lock()
        self._given_up = False
        self._committing = False
        self._doubtful = False  # a commit was under way when the connection broke

    def run(self) -> list[Outcome]:
        """Stores, in the writer's thread. Tries again for a while; raises django.db.Error or GivenUp."""
        end = time.monotonic() + TRYING_SECONDS
        while True:
            try:
                return store(self._sayings, self._before_commit, again=self._doubtful)
            except (InterfaceError, OperationalError):
                self._failed()
                if time.monotonic() > (end + DOUBT_SECONDS if self._doubtful else end):
                    raise
                time.sleep(PAUSE_SECONDS)

    def give_up(self) -> bool:
        """Whether it is certain now that nothing of it is or will be stored."""
        with self._lock:
            if not (self._committing or self._doubtful):
                self._given_up = True
            return self._given_up

    def _before_commit(self) -> None:
        with self._lock:
            if self._given_up:
                raise GivenUp
            self._committing = True

    def _failed(self) -> None:
        with self._lock:
            self._doubtful |= self._committing and not connection.is_usable()
            self._committing = False
        connection.close_if_unusable_or_obsolete()


class Writer:
    """Group commit for one process: while one batch is being stored the next one gathers.

    `on_stored` is called on the event loop with what became of each batch, before those who wait are told.
    """

    def __init__(self, on_stored: Callable[[Stored], None]) -> None:
        self._on_stored = on_stored
        self._waiting: deque[tuple[Saying, asyncio.Future[Outcome]]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._grown: set[int] = set()  # rows of rooms that may have more messages than they keep
        self._outage = FailureLog("storing messages")
        self._pruning_outage = FailureLog("deleting old messages")

    async def store(self, saying: Saying) -> Outcome:
        """Stores `saying`; returns what became of it."""
        stored: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((saying, stored))
        if self._writing is None or self._writing.done():
            self._writing = run_in_background(self._write(), "rooms writer")
        return await asyncio.shield(stored)

    async def _write(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            batch = Batch([saying for saying, _ in some])
            outcomes: list[Outcome] = []
            with self._outage:
                outcomes = await _outcomes(batch)
            if not outcomes:
                verdict = Verdict.UNAVAILABLE if batch.give_up() else Verdict.UNKNOWN
                outcomes = [Outcome(verdict)] * len(some)
            try:
                self._on_stored(
                    [(saying, outcome) for (saying, _), outcome in zip(some, outcomes, strict=True)]
                )
            finally:
                self._answer(some, outcomes)

    def _answer(
        self, some: Sequence[tuple[Saying, asyncio.Future[Outcome]]], outcomes: Sequence[Outcome]
    ) -> None:
        for (saying, answer), outcome in zip(some, outcomes, strict=True):
            if outcome.verdict is Verdict.STORED:
                self._prune_soon(saying.room.pk)
            answer.set_result(outcome)

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


async def _outcomes(batch: Batch) -> list[Outcome]:
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
    async with asyncio.timeout(DOUBT_SECONDS):
        return await asyncio.shield(running)
