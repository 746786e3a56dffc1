"""What the clients of one run share."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.destruction.transcript import Pool


class News:
    """Wakes who waits for something about the clients, whenever there is something new of any of them."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        """Something is new."""
        self._event.set()

    async def until(self, holds: Callable[[], bool], seconds: float | None = None) -> bool:
        """Waits until it holds. Returns False if it does not within so many seconds, if a number is given."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self._event.clear()
                    await self._event.wait()
        except TimeoutError:
            return False
        return True


@dataclass(frozen=True)
class Venue:
    """The room, the ports on which its processes listen, the messages that anybody has heard, and the news."""

    room: str
    ports: Sequence[int]
    pool: Pool
    news: News
