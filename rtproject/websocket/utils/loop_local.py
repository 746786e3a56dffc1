"""One instance of something for each running event loop.

Channel layers, locks and tasks belong to the loop they were first used on. A server has one loop; a test suite
has one for every test, and a management command makes one for a single call.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


def loop_local(factory: Callable[[], T]) -> Callable[[], T]:
    """Return a function that returns the running loop's instance, which `factory` makes."""
    instances: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def current() -> T:
        loop = asyncio.get_running_loop()
        instance = instances.get(loop)
        if instance is None:
            # An instance with tasks keeps its loop alive, so instances of closed loops are removed here.
            for ended in [known for known in instances if known.is_closed()]:
                del instances[ended]
            instance = instances[loop] = factory()
        return instance

    return current
