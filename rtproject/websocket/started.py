"""Coroutines that are started by hand, because nearly all of them finish at once.

Awaiting a `send` waits for its client, and a task for each costs as much as the sending. Python 3.12 has eager tasks
for this; 3.11 has not.
"""

import types
from collections.abc import Coroutine, Generator
from typing import Any


class Started:
    """A coroutine that ran up to its first wait. `done`, with its `value`, or to be awaited for the rest.

    Raises what the coroutine raises. The first part runs in whatever task is current.
    """

    __slots__ = ("_coroutine", "_waiting_for", "done", "value")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self.value: Any = None
        try:
            self._waiting_for = coroutine.send(None)
            self.done = False
        except StopIteration as finished:
            self.value = finished.value
            self.done = True

    def __await__(self) -> Generator[Any, Any, Any]:
        if self.done:
            return self.value
        return (yield from self._rest())

    @types.coroutine
    def _rest(self) -> Generator[Any, Any, Any]:
        waiting_for = self._waiting_for
        try:
            while True:
                try:
                    value = yield waiting_for
                except BaseException as error:  # a cancellation goes on into the coroutine
                    waiting_for = self._coroutine.throw(error)
                else:
                    waiting_for = self._coroutine.send(value)
        except StopIteration as finished:
            return finished.value
