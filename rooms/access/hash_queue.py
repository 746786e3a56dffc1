"""A bounded queue for password hashes, which worker processes compute a few at a time."""

import asyncio
import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, identify_hasher
from django.utils.crypto import constant_time_compare

from rooms.access import hash_worker
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.utils.log_text import cause
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

# A hash takes 0.2 to 0.4 s of CPU. One core is left to the members.
HASHES_AT_ONCE = max(1, min(2, (os.cpu_count() or 1) - 1))

# A handshake has little more time than this, and no more hashes fit into it.
TURN_SECONDS = 2.0
MAX_WAITING = 20

# A worker that does not answer for this long hangs. A hash may take longer than an attempt waits: on a busy machine it
# still verifies the password for the next attempt.
HASH_SECONDS = 4.0
PING_SECONDS = 0.8


class Worker:
    """A worker process. It ends when its standard input closes, so it never outlives the server."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            # -S, -P: it needs only the standard library, and starts in two thirds of the time.
            [sys.executable, "-S", "-P", hash_worker.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for the server, which may still need a hash
        )

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, line: str, seconds: float) -> str:
        """Return the answer to a line, see `hash_worker.py`. Blocks. Raises OSError if the worker dies or hangs."""
        # Neither writing to a full pipe nor reading from an empty one has a timeout; killing the process ends both.
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            assert self._process.stdin is not None  # noqa: S101 (for the type checker: both are pipes)
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().decode()
        finally:
            timer.cancel()
        if not answer.endswith("\n"):
            raise ChildProcessError("a hash worker died, or hung and was killed")
        return answer.strip()


_idle_workers: queue.SimpleQueue[Worker] = queue.SimpleQueue()


def _derive(*parameters: str | int) -> str:
    """Return a hash from an idle worker or a new one; replace a worker that died or hangs."""
    worker = _take_idle_worker() or Worker()
    try:
        derived = worker.ask(json.dumps(parameters), HASH_SECONDS)
    except BaseException:
        worker.end()
        raise
    _idle_workers.put(worker)
    return derived


def _take_idle_worker() -> Worker | None:
    with suppress(queue.Empty):
        while True:
            worker = _idle_workers.get_nowait()
            with suppress(OSError):
                worker.ask("", PING_SECONDS)
                return worker
            worker.end()
    return None


def matches_in_worker(raw: str, encoded: str) -> bool:
    """Return whether `raw` is the password that `encoded` is the hash of. Blocks.

    Raises LayerUnavailable if no worker can tell. A hash of another kind than PBKDF2 is computed in this thread.
    """
    try:
        hasher = identify_hasher(encoded)
        if not isinstance(hasher, PBKDF2PasswordHasher):
            return check_password(raw, encoded)
        known = hasher.decode(encoded)
    except ValueError:  # it is no hash, so it matches nothing
        return False
    try:
        derived = _derive(hasher.digest().name, raw, known["salt"], known["iterations"])
    except OSError as error:
        logger.error("a password cannot be checked: %s", cause(error))
        raise LayerUnavailable from error
    return constant_time_compare(derived, str(known["hash"]))


class HashQueue:
    """A queue that runs `at_once` hashes at a time.

    Of those with low priority it runs one, and starts it only while no others wait. The others never wait for
    it, so until it ends there may be one hash more than `at_once`.
    """

    def __init__(self, at_once: int = HASHES_AT_ONCE) -> None:
        self._at_once = at_once
        self._threads = ThreadPoolExecutor(at_once + 1, "password hash")
        # By priority, the low one last.
        self._running = [0, 0]
        self._waiting: list[deque[asyncio.Future[None]]] = [deque(), deque()]

    @property
    def waiting(self) -> int:
        """The number of hashes that wait for their turn."""
        return sum(map(len, self._waiting))

    async def matches(self, raw: str, encoded: str, low_priority: bool) -> bool | None:
        """Return the result of `matches_in_worker`, or None without a turn within TURN_SECONDS.

        Must not be cancelled: the thread would go on unnoticed.
        """
        if not await self._get_turn(low_priority):
            return None
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, matches_in_worker, raw, encoded)
        finally:
            self._running[low_priority] -= 1
            self._start_next()

    async def _get_turn(self, low_priority: bool) -> bool:
        waiting = self._waiting[low_priority]
        if len(waiting) >= MAX_WAITING:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        self._start_next()
        await asyncio.wait({turn}, timeout=TURN_SECONDS)
        if not turn.done():
            waiting.remove(turn)
        return turn.done()

    def _start_next(self) -> None:
        for low_priority, waiting in enumerate(self._waiting):
            while waiting and self._may_start(bool(low_priority)):
                self._running[low_priority] += 1
                waiting.popleft().set_result(None)

    def _may_start(self, low_priority: bool) -> bool:
        return self._running[False] < self._at_once and not (low_priority and self._running[True])


current_hash_queue = loop_local(HashQueue)
