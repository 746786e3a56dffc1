"""Fair turns: how much of what clients sent is parsed in one turn of the event loop, and whose.

A read may hold thousands of frames, and a hundred connections may each have one. So a transport parses a slice at a
time. As long as a turn of the loop has room, it goes on at once. Otherwise it waits here, and addresses take turns, and
the connections of an address among themselves: a flood of one address delays another by a slice.
"""

import asyncio
from collections import deque
from typing import Protocol

from rtproject.websocket.utils.loop_local import loop_local

SLICE = 8  # frames that one connection is parsed at a time
TURN = 32  # frames of all connections in one turn of the loop: a few milliseconds with their handling
FRAME_BYTES = 2048  # bytes that cost as much as one more frame


class Reader(Protocol):
    """A transport with frames that were read and not parsed yet."""

    address: str  # of the client
    is_waiting: bool  # for a turn; set here

    def parse(self) -> None:
        """Parse a slice, and `spend` what it cost."""


class Turns:
    """How many frames are `left` of this turn of the loop, and the transports that wait for the next one.

    What was not used up in one turn is not more in the next, so nothing has to be done in each.
    """

    __slots__ = ("_begun", "_loop", "_waiting", "left")

    def __init__(self) -> None:
        self.left = TURN
        self._begun = False
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, deque[Reader]] = {}  # by address, the next one first

    def spend(self, frames: int, size: int) -> None:
        """Count what was parsed. Transports that are on the way of every frame do so themselves, up to `refill`."""
        self.left -= frames + size // FRAME_BYTES
        if self.left <= 0:
            self.refill()

    def refill(self) -> None:
        """There is nothing left: it begins anew with the next turn of the loop."""
        if not self._begun:
            self._begun = True
            self._loop.call_soon(self._next)

    def wait(self, reader: Reader) -> None:
        """Have `reader` parse when it is its turn."""
        if reader.is_waiting:
            return
        reader.is_waiting = True
        self.refill()
        queue = self._waiting.get(reader.address)
        if queue is None:
            self._waiting[reader.address] = deque((reader,))
        else:
            queue.append(reader)

    def _next(self) -> None:
        """A new turn of the loop."""
        self._begun = False
        self.left = TURN
        while self._waiting and self.left > 0:
            address, queue = next(iter(self._waiting.items()))
            del self._waiting[address]
            reader = queue.popleft()
            if queue:
                self._waiting[address] = queue
            reader.is_waiting = False
            reader.parse()
        if self._waiting:
            self.refill()


current_turns = loop_local(Turns)
