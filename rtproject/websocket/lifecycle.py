"""The end of the process: every client is told 4200, every background task is stopped, and nothing waits long.

Daphne has no lifespan events. At SIGTERM it cancels the task of each connection, unless one of them is so young
that its bookkeeping raises KeyError; then it cancels only some and waits for none. So this module adds a shutdown
trigger of its own to Twisted's reactor, which cancels whom Daphne forgot. Servers that close the sockets
themselves (uvicorn, with 1012) never cancel anything and need none of this.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any, cast

from rtproject.utils.loop_local import loop_local
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode

logger = logging.getLogger(__name__)

CLOSING_SECONDS = 2.0  # how long a client has to answer our close frame
CONNECTIONS_SECONDS = (
    3.5  # how long all connections have to end; a supervisor expects the process to within 5
)
BACKGROUND_SECONDS = 0.5  # how long the tasks in the background have after that
EXIT_SECONDS = (
    4.7  # how long all of it may take: Python would wait for threads, and one may hang in a database
)


class RunningTasks:
    """What this loop has to end: the tasks of its connections, then those in the background."""

    def __init__(self) -> None:
        self.begun = False
        self.connections: set[asyncio.Task[Any]] = set()
        self.background: set[asyncio.Task[Any]] = set()
        reactor: Any = sys.modules.get("twisted.internet.reactor")
        if reactor is not None and reactor.running:
            reactor.addSystemEventTrigger("before", "shutdown", self._begin)

    def _begin(self) -> Any:
        """Called by Twisted, which waits for the Deferred before it closes anything."""
        from twisted.internet.defer import Deferred

        self.begun = True
        _exit_at_last()
        return Deferred.fromFuture(asyncio.ensure_future(self._end_all()))

    async def _end_all(self) -> None:
        await _end(self.connections, CONNECTIONS_SECONDS)
        await _end(self.background, BACKGROUND_SECONDS)


def _exit_at_last() -> None:
    """Ends the process in EXIT_SECONDS, if it has not ended by then."""
    timer = threading.Timer(EXIT_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()


async def _end(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    for task in tasks:
        if not task.cancelling():  # a second cancel would interrupt the goodbye that the first one began
            task.cancel()
    if tasks:
        await asyncio.wait(set(tasks), timeout=seconds)


running_tasks = loop_local(RunningTasks)


def run_in_background(coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Runs `coroutine` beside the connections until it returns or the process ends; an error of it is logged."""
    tasks = running_tasks().background
    task = asyncio.create_task(coroutine, name=name)
    tasks.add(task)

    def done(ended: asyncio.Task[None]) -> None:
        tasks.discard(ended)
        if not ended.cancelled() and ended.exception() is not None:
            logger.error("background task %s ended", name, exc_info=ended.exception())

    task.add_done_callback(done)
    return task


class GracefulShutdown:
    """ASGI middleware: a connection whose task is cancelled says 4200 before it goes."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shutdown = running_tasks()
        if shutdown.begun:
            await _say_goodbye(scope, receive, send)
            return
        task = cast(asyncio.Task[None], asyncio.current_task())  # an ASGI server always calls us in one
        shutdown.connections.add(task)
        try:
            await self.inner(scope, receive, send)
        except asyncio.CancelledError:
            await _say_goodbye(scope, receive, send)
            raise
        finally:
            shutdown.connections.discard(task)


async def _say_goodbye(scope: Scope, receive: Receive, send: Send) -> None:
    """Closes with 4200 and waits for the answer, since the loop must go on running for the frame to leave."""
    # The connection may be closed already, or half closed by us: either way there is nobody left to tell.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSING_SECONDS):
            await send({"type": "websocket.close", "code": int(CloseCode.GOING_AWAY)})
            while "client" in scope and (await receive())["type"] != "websocket.disconnect":
                pass
