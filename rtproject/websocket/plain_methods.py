"""Methods that are plain functions: they run in Channels' thread for the database, and await nothing."""

import asyncio
from collections.abc import Callable
from functools import wraps
from inspect import isawaitable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from channels.db import database_sync_to_async

Method = Callable[..., Any]


async def settled(value: Any) -> Any:
    """Return `value`, or what it becomes if it is an awaitable."""
    return await value if isawaitable(value) else value


def awaitable(method: Method) -> Method:
    """Return `method` if it is a coroutine function, else one that runs it in the thread."""
    if iscoroutinefunction(method):
        return method

    async def run(*args: Any, **kwargs: Any) -> Any:
        # A decorator may hide a coroutine function.
        return await settled(await database_sync_to_async(method)(*args, **kwargs))

    return _either(run, method)


def for_both(method: Method) -> Method:
    """Decorate a coroutine function that plain methods call, too: there it is done when it returns."""
    return _either(method, async_to_sync(method))


def _either(on_the_loop: Method, elsewhere: Method) -> Method:
    @wraps(elsewhere)
    def call(*args: Any, **kwargs: Any) -> Any:
        is_on_loop = asyncio._get_running_loop() is not None
        return (on_the_loop if is_on_loop else elsewhere)(*args, **kwargs)

    return markcoroutinefunction(call)
