"""The bounded send queue of one connection: ordered, and independent of other connections."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from rtproject.websocket.asgi_types import AsgiMessage, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import traffic
from rtproject.websocket.transport.base import Transport
from rtproject.websocket.transport.frames import Frame

logger = logging.getLogger(__name__)

BACKLOG_LIMIT = 896 * 1024  # bytes of memory that may wait here for one client; the server's buffer is on top
FRAME_COST = 512  # bytes that a frame takes besides its content: an empty one is not free
WRITE_TIMEOUT = 15.0  # seconds that a client may read nothing while frames wait for it
CLOSE_TIMEOUT = 3.0  # seconds that a client has to read the close frame
# Raised by a programming error; a lost connection raises others.
PROGRAMMING_ERRORS = (AttributeError, LookupError, TypeError, ValueError)


class SendQueue:
    """The frames for one client, sent by its transport if there is one, else by ASGI.

    A sender task waits for a slow client; frames that are written meanwhile go to a backlog. With a transport
    there is a sender only while the transport is full. Without one there is a sender whenever a frame is to
    be sent, since each ASGI `send` may wait.

    Frames are held until `release()`, so that a welcome comes before events that arrived earlier. `on_end` is
    called once, with a close code: when the backlog exceeds BACKLOG_LIMIT, when the client reads nothing for
    WRITE_TIMEOUT, or on a programming error in sending.
    """

    __slots__ = (
        *("_backlog", "_backlog_size", "_close", "_held", "_on_end"),
        *("_send", "_sender", "_stopped", "_transport"),
    )

    def __init__(self, send: Send, transport: Transport | None, on_end: Callable[[int], None]) -> None:
        self._send = send
        self._transport = transport
        self._on_end = on_end
        self._backlog: deque[Frame] | None = None  # most never have one, and an empty deque is not small
        self._backlog_size = 0
        self._held = True
        self._stopped = False
        self._close: AsgiMessage | None = None
        self._sender: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> None:
        """Send now, or later in order. Never waits and never raises."""
        traffic.count_out(len(frame.messages), len(frame.encoded))
        self.write_uncounted(frame)

    def write_uncounted(self, frame: Frame) -> None:
        """Do the same for a caller that writes to many, and counts for all of them at once."""
        if self._held or self._sender is not None:
            self._keep(frame)
        elif not self._stopped:
            self._put(frame)

    async def write_through(self, frame: Frame) -> bool:
        """Send past the held frames, and wait for the client; return whether it is still there."""
        traffic.count_out(len(frame.messages), len(frame.encoded))
        await self.flush()
        if not self._stopped:
            self._put(frame)
            await self.flush()
        return not self._stopped and (self._transport is None or self._transport.is_open())

    async def flush(self) -> None:
        """Wait until the client took every frame that is not held."""
        while (sender := self._sender) is not None:
            await asyncio.wait({sender})

    def release(self) -> None:
        """Send the held frames, and from now on every frame at once."""
        self._held = False
        if self._backlog:
            self._go_on()

    def finish(self, close: AsgiMessage) -> None:
        """Send `close` as the last message, instead of the frames that still wait."""
        self._stop()
        self._close = close
        self._go_on()
        if self._transport is not None:
            asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)

    def cancel(self) -> None:
        """Send nothing more: the connection is gone."""
        self._stop()
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None  # a task that is cancelled before its first step never runs its `finally`
        del self._on_end  # a reference cycle with the owner would need the garbage collector

    def _put(self, frame: Frame) -> None:
        try:
            if self._transport is None:
                self._start(frame.messages)
            elif not self._transport.write(frame.encoded):
                self._start(())
        except Exception as error:
            self._fail(error)

    def _go_on(self) -> None:
        if self._sender is None and (messages := self._next()) is not None:
            self._start(messages)

    def _start(self, messages: Sequence[AsgiMessage]) -> None:
        self._sender = asyncio.create_task(self._send_all(messages), name="send_queue")

    async def _send_all(self, messages: Sequence[AsgiMessage] | None) -> None:
        """Send `messages`, none with a transport, then the backlog."""
        try:
            while messages is not None:
                try:
                    await self._deliver(messages)
                except Exception as error:
                    self._fail(error)
                await asyncio.sleep(0)  # on some servers `send` never yields to the loop
                messages = self._next()
        except asyncio.CancelledError:
            self._stop()  # later frames must not overtake the backlog
            raise
        finally:
            self._sender = None

    async def _deliver(self, messages: Sequence[AsgiMessage]) -> None:
        """Send `messages`. Raises TimeoutError when the client reads nothing for WRITE_TIMEOUT."""
        for message in messages:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._send(message)
        while self._transport is not None:
            left = self._transport.waiting()
            try:
                async with asyncio.timeout(WRITE_TIMEOUT):
                    await self._transport.drained()
                    break
            except TimeoutError:
                if self._transport.waiting() >= left:
                    raise

    def _next(self) -> Sequence[AsgiMessage] | None:
        """Return the next messages to wait for, or None if there is nothing to wait for."""
        try:
            while self._backlog and not self._held:
                frame = self._backlog.popleft()
                self._count_backlog(-len(frame) - FRAME_COST)
                if self._transport is None:
                    return frame.messages
                if not self._transport.write(frame.encoded):
                    return ()
            self._backlog = self._backlog or None
        except Exception as error:
            self._fail(error)
        close, self._close = self._close, None
        return None if close is None else (close,)

    def _keep(self, frame: Frame) -> None:
        if self._stopped:
            return
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(frame)
        self._count_backlog(len(frame) + FRAME_COST)
        if self._backlog_size > BACKLOG_LIMIT:
            self._end(CloseCode.TOO_SLOW)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, TimeoutError):
            self._end(CloseCode.TOO_SLOW)
        elif isinstance(error, PROGRAMMING_ERRORS):
            logger.error("a frame cannot be sent", exc_info=error)
            self._end(CloseCode.UNAVAILABLE)
        else:  # the client is gone, and the disconnect event is on its way
            logger.debug("could not send: %r", error)
            self._stop()

    def _end(self, code: CloseCode) -> None:
        if not self._stopped:
            self._stop()
            self._on_end(code)

    def _stop(self) -> None:
        self._stopped = True
        self._backlog = None
        self._count_backlog(-self._backlog_size)

    def _count_backlog(self, size: int) -> None:
        self._backlog_size += size
        traffic.backlog_bytes += size
