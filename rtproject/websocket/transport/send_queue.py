"""What one connection is sent: in order, bounded, and without anybody else waiting for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from rtproject.websocket.asgi_types import AsgiMessage, Send
from rtproject.websocket.started import Started
from rtproject.websocket.transport.base import Transport
from rtproject.websocket.transport.frames import Frame

logger = logging.getLogger(__name__)

BACKLOG_LIMIT = (
    896 * 1024
)  # bytes of memory that may wait here for one connection; the server's buffer is on top
FRAME_COST = 512  # what a frame takes besides its content: one of no length is not free
WRITE_TIMEOUT = 15.0  # how long a client may read nothing at all while something waits for it
CLOSE_TIMEOUT = 3.0  # how long it has, if it was too slow, to read that it was


class SendQueue:
    """Writes frames to one connection: straight to its transport if there is one, else through its ASGI `send`.

    Both may have to wait for the client. Only then is there a task, and what is written meanwhile goes to a backlog.
    `on_slow` is called, once, when the backlog passes BACKLOG_LIMIT or the client reads nothing for WRITE_TIMEOUT.

    `hold()` sends everything to the backlog until `release()`: what comes for a member before its welcome is kept.
    """

    __slots__ = (
        "_backlog",
        "_backlog_size",
        "_close_message",
        "_held",
        "_on_slow",
        "_send",
        "_sender",
        "_stopped",
        "_transport",
    )

    def __init__(self, send: Send, transport: Transport | None, on_slow: Callable[[], None]) -> None:
        self._send = send
        self._transport = transport
        self._on_slow = on_slow
        self._backlog: deque[Frame] | None = None  # most never have one, and an empty deque is not small
        self._backlog_size = 0
        self._held = False
        self._stopped = False
        self._close_message: AsgiMessage | None = None
        self._sender: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> None:
        """Sends now, or later in order. Never waits and never raises."""
        if self._sender is not None or self._held:
            self._keep(frame)
        elif not self._stopped:
            rest = self._put(frame)
            if rest is not None:
                self._run(rest)

    async def write_through(self, frame: Frame) -> bool:
        """Sends past whatever is held, and waits until the connection took it: at the pace of the client.

        Returns whether there is anybody left to send to.
        """
        await self._idle()
        if not self._stopped:
            rest = self._put(frame)
            if rest is not None:
                self._run(rest)
                await self._idle()
        return not self._stopped and (self._transport is None or self._transport.is_open())

    def hold(self) -> None:
        """From now on everything written is kept."""
        self._held = True

    def release(self) -> None:
        """Sends what was kept, and from now on everything written."""
        self._held = False
        kept, self._backlog = self._backlog, None
        self._backlog_size = 0
        for frame in kept or ():
            self.write(frame)

    def finish(self, message: AsgiMessage) -> None:
        """Sends `message`, a close, as the last one, instead of all that is still waiting."""
        self._forget()
        if self._sender is not None:
            self._close_message = message
        else:
            rest = self._begin(message)
            if rest is not None:
                self._run(rest)
        if self._transport is not None:
            asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)

    def cancel(self) -> None:
        """The connection is gone: nothing more is sent."""
        self._forget()
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None  # a task that is cancelled before its first step never runs to say so itself
        del self._on_slow  # a method of who holds us: neither must wait in memory for the garbage collector

    def _put(self, frame: Frame) -> Awaitable[None] | None:
        """Sends `frame`; returns what to wait for before the next, if anything."""
        if self._transport is not None:
            return None if self._transport.write(frame.encoded) else Started(self._transport.drained())
        return self._begin(*frame.messages)

    def _begin(self, *messages: AsgiMessage) -> Awaitable[None] | None:
        try:
            sending = Started(self._send(messages[0]) if len(messages) == 1 else self._send_each(messages))
        except Exception as error:
            self._break(error)
            return None
        return None if sending.done else sending

    async def _send_each(self, messages: Sequence[AsgiMessage]) -> None:
        for message in messages:
            await self._send(message)

    def _run(self, rest: Awaitable[None]) -> None:
        self._sender = asyncio.create_task(self._go_on(rest), name="send_queue")

    async def _go_on(self, rest: Awaitable[None]) -> None:
        try:
            await self._wait(rest)
            while self._backlog and not self._held:
                frame = self._backlog.popleft()
                self._backlog_size -= _cost(frame)
                await self._wait_for(self._put(frame))
            if self._close_message is not None:
                await self._wait_for(self._begin(self._close_message))
        except Exception as error:
            self._break(error)
        finally:
            self._sender = None

    async def _wait_for(self, rest: Awaitable[None] | None) -> None:
        if rest is not None:
            await self._wait(rest)

    async def _wait(self, rest: Awaitable[None]) -> None:
        """Waits as long as the client reads anything at all."""
        before = self._unsent()
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await rest
        except TimeoutError:
            if self._stopped:
                raise
            if self._transport is not None and self._unsent() < before:
                await self._wait(self._transport.drained())
            else:
                self._forget()
                self._on_slow()

    def _unsent(self) -> int:
        return 0 if self._transport is None else self._transport.waiting()

    async def _idle(self) -> None:
        while (sender := self._sender) is not None:
            await asyncio.wait({sender})

    def _keep(self, frame: Frame) -> None:
        if self._stopped:
            return
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(frame)
        self._backlog_size += _cost(frame)
        if self._backlog_size > BACKLOG_LIMIT:
            self._forget()
            self._on_slow()

    def _forget(self) -> None:
        self._stopped = True
        self._held = False
        self._backlog = None
        self._backlog_size = 0

    def _break(self, error: Exception) -> None:
        # The server noticed before we did that the client is gone; its disconnect event is on its way to us.
        logger.debug("could not send: %r", error)
        self._forget()


def _cost(frame: Frame) -> int:
    return len(frame) + FRAME_COST
