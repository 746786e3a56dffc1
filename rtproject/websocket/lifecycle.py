"""Background tasks, and the graceful shutdown.

At the shutdown clients get 4200, background tasks end, and no step waits long. Daphne has no lifespan events.
At SIGTERM it cancels the task of each connection, unless one of them is so young that its bookkeeping raises
KeyError; then it cancels only some and waits for none. So this module adds a shutdown trigger of its own to
Twisted's reactor, which cancels the tasks that Daphne forgot. Servers that close the sockets themselves
(uvicorn, with 1012) never cancel anything and need none of this.
"""

import asyncio
import contextlib
import contextvars
import logging
import os
import resource
import sys
import threading
from collections.abc import Coroutine
from typing import Any, cast

from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.options import option
from rtproject.websocket.transport.base import TRANSPORT_KEY
from rtproject.websocket.utils.flood_log import FloodLog
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

CLOSE_ANSWER_TIMEOUT = 2.0  # seconds for a client to answer our close frame
CONNECTIONS_TIMEOUT = 3.5  # seconds for all connections to end; a supervisor waits 5 for the process
BACKGROUND_TIMEOUT = 0.5  # seconds for the background tasks after that
ACCEPTED_SECONDS = 0.3  # in which the request of a connection that was accepted arrives
OTHER_FILES = 64  # of a process: the database, Redis, pages
EXIT_TIMEOUT = 4.7  # seconds for everything: Python would wait for threads, and one may hang in a database


class RunningTasks:
    """The tasks of this loop that a shutdown ends: connections first, then the background."""

    def __init__(self) -> None:
        self.begun = False
        self.connections: set[asyncio.Task[Any]] = set()
        self.background: set[asyncio.Task[Any]] = set()
        self._most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._files = FloodLog()
        reactor: Any = sys.modules.get("twisted.internet.reactor")
        if reactor is not None and reactor.running:
            reactor.addSystemEventTrigger("before", "shutdown", self._begin)

    def add_connection(self, task: asyncio.Task[Any]) -> None:
        """Add the task of a connection, and log if hardly any more fit into this process."""
        self.connections.add(task)
        if len(self.connections) > 0.9 * self._most_files - OTHER_FILES:
            self._files.report(
                "%d connections are open, and this process may open %d files: raise that (LimitNOFILE, ulimit -n)",
                len(self.connections),
                self._most_files,
            )

    def _begin(self) -> Any:
        """Begin the shutdown. Twisted waits for the Deferred before it closes anything."""
        from twisted.internet.defer import Deferred

        self.begun = True
        _exit_at_last()
        return Deferred.fromFuture(asyncio.ensure_future(self._end_all()))

    async def _end_all(self) -> None:
        if _leave_connections_to_others():
            await asyncio.sleep(ACCEPTED_SECONDS)
        await _end(self.connections, CONNECTIONS_TIMEOUT)
        await _end(self.background, BACKGROUND_TIMEOUT)


def _leave_connections_to_others() -> bool:
    """Accept no more on a socket that was handed over, as by systemd: they wait for the next process.

    Return whether there is one.
    """
    readers = cast(Any, sys.modules["twisted.internet.reactor"]).getReaders()
    handed_over = [each for each in readers if getattr(each, "_shouldShutdown", True) is False]
    for port in handed_over:
        port.stopReading()
    return bool(handed_over)


def _exit_at_last() -> None:
    """End the process after EXIT_TIMEOUT, if it has not ended by then."""
    timer = threading.Timer(EXIT_TIMEOUT, os._exit, (0,))
    timer.daemon = True
    timer.start()


async def _end(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    for task in tasks:
        if not task.cancelling():  # a second cancel would interrupt the close that the first one began
            task.cancel()
    if tasks:
        await asyncio.wait(set(tasks), timeout=seconds)


running_tasks = loop_local(RunningTasks)


def run_in_background(coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Run `coroutine` as a task until it returns or the process ends. Logs its exception."""
    tasks = running_tasks().background
    # In a context of its own: the caller's may be that of a connection, which its lines of the log are not about, or of
    # a thread that has ended by then.
    task = asyncio.create_task(coroutine, name=name, context=contextvars.Context())
    tasks.add(task)

    def done(ended: asyncio.Task[None]) -> None:
        tasks.discard(ended)
        if not ended.cancelled() and ended.exception() is not None:
            logger.error("background task %s ended", name, exc_info=ended.exception())

    task.add_done_callback(done)
    return task


_server: tuple[asyncio.AbstractEventLoop, int] | None = None  # and the process: a fork does not serve


def note_server() -> None:
    """Note that the running loop serves the connections and requests of this process."""
    global _server
    _server = asyncio.get_running_loop(), os.getpid()


def server_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of the server in this process, None where there is none."""
    return (
        _server[0] if _server is not None and _server[0].is_running() and _server[1] == os.getpid() else None
    )


class GracefulShutdown:
    """ASGI middleware: a connection whose task is cancelled closes with 4200."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shutdown = running_tasks()
        if shutdown.begun and option("TRUSTED_PROXIES") and TRANSPORT_KEY in scope:
            # So that the proxy asks another process, instead of its client us again.
            scope[TRANSPORT_KEY].abort()
            return
        if shutdown.begun:
            await _close_going_away(scope, receive, send)
            return
        task = cast(asyncio.Task[None], asyncio.current_task())  # an ASGI server always calls us in one
        shutdown.add_connection(task)
        try:
            await self.inner(scope, receive, send)
        except asyncio.CancelledError:
            await _close_going_away(scope, receive, send)
            raise
        finally:
            shutdown.connections.discard(task)


async def _close_going_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Close with 4200 and wait for the answer, since the frame leaves only while the loop runs."""
    # The connection may be closed already, also by us: then no client is left.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_ANSWER_TIMEOUT):
            await send({"type": "websocket.close", "code": int(CloseCode.GOING_AWAY)})
            while "client" in scope and (await receive())["type"] != "websocket.disconnect":
                pass
