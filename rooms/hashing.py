"""Turns to compute password hashes: few at a time, and nobody waits behind those who failed."""

import asyncio
import math
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import check_password

from rtproject.utils.loop_local import loop_local

# A hash takes 0.2 to 0.4 s of CPU. One core is left to those who talk.
HASHES_AT_ONCE = max(1, min(2, (os.cpu_count() or 1) - 1))

# A handshake has no more time than that, and no more hashes fit into it: others need not wait.
TURN_SECONDS = 2.0
MOST_WAITING = 20

# So that whoever comes next has a turn in any case, however slow a busy machine was.
MOST_REST_SECONDS = 1.0


def matches(raw: str | None, encoded: str) -> bool:
    """Whether `raw` is the password that `encoded` is the hash of.

    A NUL is never part of one: HMAC pads its key with NULs, so `secret\0` would hash like `secret`.
    """
    return raw is not None and "\0" not in raw and check_password(raw, encoded)


# It is told whether it is one of many hashes, or asked for by somebody who failed: then it is in nobody's interest that
# it takes the processor from who talks.
Work = Callable[[bool], bool]


class Lane:
    """Hashes in `threads` of its own; at most MOST_WAITING wait for one, and for TURN_SECONDS.

    Each thread rests before it goes on, `rest` times as long as the quickest hash so far took: what one costs, however
    long a busy machine takes for it. It rests for MOST_REST_SECONDS at most.
    """

    def __init__(self, threads: int, rest: float = 0.0) -> None:
        self._pool = ThreadPoolExecutor(threads, "password hash")
        self._free = threads
        self._rest = rest
        self._quickest = math.inf  # seconds
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def run(self, work: Work) -> bool | None:
        """What `work` returns, computed in a thread when it is its turn; None if that does not come in time.

        Must not be cancelled: the thread would go on while another takes its place.
        """
        if not await self._turn():
            return None
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await loop.run_in_executor(self._pool, work, bool(self._waiting))
        finally:
            self._quickest = min(self._quickest, loop.time() - began)
            loop.call_later(min(self._rest * self._quickest, MOST_REST_SECONDS), self._pass_on)

    async def _turn(self) -> bool:
        if self._free:
            self._free -= 1
            return True
        if len(self._waiting) >= MOST_WAITING:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await asyncio.wait({turn}, timeout=TURN_SECONDS)
        if not turn.done():
            self._waiting.remove(turn)
        return turn.done()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


class Lanes:
    """One for those who failed lately, one for all others, who so have no place in a queue behind them."""

    def __init__(self) -> None:
        self._others = Lane(HASHES_AT_ONCE)
        self._suspects = Lane(1, rest=3.0)

    async def run(self, work: Work, suspect: bool) -> bool | None:
        """See `Lane.run`."""
        return await (self._suspects.run(lambda _: work(True)) if suspect else self._others.run(work))


current_lanes = loop_local(Lanes)
