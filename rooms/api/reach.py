"""Where a call of `rooms.api` runs: on the loop of the server, from whatever thread or process it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import Error as DatabaseError

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.lifecycle import server_loop

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT = 20.0  # seconds; storing has timeouts of its own, and only a server that ends does not answer


class Unavailable(Exception):
    """It is not known to have happened: call again later, for a message with the same `id`."""


async def at_server(work: Callable[..., Coroutine[Any, Any, T]], *args: Any, is_stored: bool = False) -> T:
    """Run `work` where the rooms are: on the loop of the server, if there is one in this process.

    From elsewhere only a layer reaches the members, except for what `is_stored`: the servers read it.
    """
    loop = server_loop()
    if loop is None and not (is_stored or settings.REDIS_URLS):
        raise Unavailable("This process is not connected to the servers: give all of them a REDIS_URL.")
    if loop is None or loop is asyncio.get_running_loop():
        return await reached(work, *args)
    return await reached(lambda: asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(*args), loop)))


async def reached(work: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Await `work`. Raises Unavailable if it does not reach the store or the layer."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await work(*args)
    except (DatabaseError, LayerUnavailable, TimeoutError) as error:
        raise Unavailable("The store or the channel layer is out of reach; try again later.") from error


def blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Return a twin of a coroutine function for code without a loop."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return async_to_sync(function)(*args, **kwargs)

    return call
