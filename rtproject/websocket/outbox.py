"""What one connection is sent: in order, bounded, and without anybody else waiting for it."""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from rtproject.websocket.asgi_types import Message, Send

logger = logging.getLogger(__name__)

BACKLOG_LIMIT = 1024 * 1024  # characters or bytes that may wait for one connection


class Outbox:
    """Writes ASGI messages to one connection.

    An ASGI `send` may wait for its client (uvicorn's does, Daphne's never). Awaiting it would let one client that
    does not read hold up everybody's messages, and a task for every send doubles its price. So each `send` is
    started by hand: mostly it finishes at once and that was all. Only one that has to wait gets a task, and what is
    written meanwhile goes to a backlog. `on_overflow` is called, once, when the backlog passes BACKLOG_LIMIT.

    `hold()` sends everything to the backlog until `release()`: what comes for a member before its welcome is kept.
    """

    def __init__(self, send: Send, on_overflow: Callable[[], None]) -> None:
        self._send = send
        self._on_overflow = on_overflow
        self._backlog: deque[Message] = deque()
        self._backlog_size = 0
        self._held = False
        self._stopped = False
        self._overflowed = False
        self._sender: asyncio.Task[None] | None = None

    def write(self, message: Message) -> None:
        """Sends now, or later in order. Never waits and never raises."""
        if self._stopped or self._overflowed:
            return
        if self._held or self._sender is not None:
            self._keep(message)
        else:
            self._start(message)

    async def write_through(self, message: Message) -> None:
        """Sends past whatever is held, and waits until the connection took it: the pace of the client itself."""
        await self._sent()
        if not self._stopped:
            self._start(message)
        await self._sent()

    def hold(self) -> None:
        """From now on everything written is kept."""
        self._held = True

    def release(self) -> None:
        """Sends what was kept, and from now on everything written."""
        self._held = False
        while self._backlog and self._sender is None:
            self._start(self._take())

    def finish(self, message: Message) -> None:
        """Sends `message` as the last one, instead of all that is still waiting."""
        self._held = self._overflowed = False
        self._backlog.clear()
        self._backlog_size = 0
        self.write(message)
        self._stopped = True

    def cancel(self) -> None:
        """The connection is gone: nothing more is sent."""
        self._stopped = True
        self._backlog.clear()
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None  # a task that is cancelled before its first step never runs to say so itself

    async def _sent(self) -> None:
        while (sender := self._sender) is not None:
            await asyncio.wait({sender})

    def _keep(self, message: Message) -> None:
        self._backlog.append(message)
        self._backlog_size += _size(message)
        if self._backlog_size > BACKLOG_LIMIT:
            self._backlog.clear()
            self._overflowed = True
            self._on_overflow()

    def _take(self) -> Message:
        message = self._backlog.popleft()
        self._backlog_size -= _size(message)
        return message

    def _start(self, message: Message) -> None:
        sending = self._send(message)
        try:
            waiting_for = sending.send(None)
        except StopIteration:
            return
        except Exception as error:
            self._break(error)
        else:
            self._sender = asyncio.create_task(self._go_on(sending, waiting_for), name="outbox")

    async def _go_on(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            await _resume(sending, waiting_for)
            while self._backlog and not self._held:
                await self._send(self._take())
        except Exception as error:
            self._break(error)
        finally:
            self._sender = None

    def _break(self, error: Exception) -> None:
        # The server noticed before we did that the client is gone; its disconnect event is on its way to us.
        logger.debug("could not send: %r", error)
        self._stopped = True
        self._backlog.clear()


def _size(message: Message) -> int:
    return len(message.get("text") or message.get("bytes") or "")


@types.coroutine
def _resume(started: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Awaits the rest of a coroutine that was started by hand and now waits for `waiting_for`."""
    try:
        while True:
            try:
                value = yield waiting_for
            except BaseException as error:  # a cancellation goes on into the coroutine
                waiting_for = started.throw(error)
            else:
                waiting_for = started.send(value)
    except StopIteration:
        return
