"""A limit of time that a block of code is given while it already runs."""

import asyncio
from types import TracebackType


class Patience:
    """Around a block, with `async with`: cuts it short some time after `ends_in` was called, and never without that.

    Being cut short is no error: what follows the block is done next. Whoever else cancels the task cancels it.
    """

    __slots__ = ("_inside", "_timeout")

    def __init__(self) -> None:
        self._timeout = asyncio.timeout(None)
        self._inside = False

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._inside = True

    def ends_in(self, seconds: float) -> None:
        """Cuts the block short in `seconds`. Does nothing when it is over."""
        if self._inside:
            self._timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._inside = False
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:  # it makes one of its own cancellation; any other is `error`, and goes on
            return True
        return False
