"""The base of all consumers: Channels' AsyncWebsocketConsumer on a plain receive loop.

Channels' own loop makes a task and hops to a thread for every message. This one awaits a message, handles it and
awaits the next: the handlers of a connection run one after the other, as in Channels, at a fraction of the cost. What
Channels documents works here, too; `docs/kernel.md` says what differs. Code that uses the database does so through
`database_sync_to_async`, which closes stale connections.
"""

import asyncio
import logging
from contextlib import AsyncExitStack, nullcontext, suppress
from threading import get_ident
from typing import Any

from channels.exceptions import AcceptConnection, DenyConnection
from django.db import Error as DatabaseError

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import AsgiMessage, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import closes, traffic
from rtproject.websocket.events import EventConsumer
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.registry import GroupEvent, current_registry
from rtproject.websocket.plain_methods import for_both
from rtproject.websocket.query import choose_subprotocol, parse_query
from rtproject.websocket.throttling.rates import Bucket, Rate
from rtproject.websocket.transport.base import TRANSPORT_KEY
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import CLOSE_TIMEOUT, SendQueue
from rtproject.websocket.utils.log_text import cause

logger = logging.getLogger(__name__)

NO_TIMEOUT = nullcontext()
STANDARD_CODES = 1016  # those below are of RFC 6455 section 7.4.1 and its registry
REFUSAL_BURST = 10  # seconds of `refusal_rate` at once
CONNECT_TIMEOUT = 3.0  # seconds; Daphne drops a handshake after 5, and authentication may need 1.5 of them


class WebsocketConsumer(EventConsumer):
    """One WebSocket connection, from the handshake to the end.

    `connect()` accepts, or raises ConnectionDenied. Events that come before the end of `connect` are held, so what
    `connect` sends comes first. `disconnect(code)` runs exactly once, whatever happened before.
    """

    _joined: tuple[str, ...] = ()
    ended_with: int | None  # the code of our own close, if there was one
    refusal_rate = Rate(20, 1.0)  # of refused frames, until the connection is closed
    _refusals: Bucket | None = None
    _deadline: asyncio.Timeout | None = None  # while in `connect`
    _end_timeout: asyncio.Timeout | None = None  # around everything, where there is no transport to abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection as ASGI specifies: connect, any number of frames, disconnect."""
        self._prepare(scope, send)
        if self._needs_channels_loop:
            return await self._on_channels_loop(scope, receive, send)
        try:
            async with self._end_timeout or NO_TIMEOUT:
                await receive()  # websocket.connect
                await self._admit()
                self._receive = receive if self._events is None else self._frames(receive)
                while (message := await self._receive())["type"] != "websocket.disconnect":
                    if self.ended_with is None:
                        await self._handle(message)
                self.close_code = message.get("code") or 1005  # Daphne: None after a protocol error
        except TimeoutError:
            if self._end_timeout is None or not self._end_timeout.expired():
                raise
        except asyncio.CancelledError:
            # Before anything else: leaving the groups may take as long as the layer does.
            self.close_code = CloseCode.GOING_AWAY
            self.end(CloseCode.GOING_AWAY)
            raise
        finally:
            await self._clean_up()

    async def connect(self) -> None:
        """Override: `accept()`, or raise ConnectionDenied."""
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Override: handle one frame of the client. May raise ClientError or ConnectionDenied."""

    async def disconnect(self, code: int) -> None:
        """Override: the connection has ended with `code` (1006 if there was no close frame)."""

    async def refuse_frame(self, error: ClientError) -> None:
        """Override: tell the client why its frame had no effect."""

    async def join(self, group: str) -> None:
        """Join `group` until the end of the connection.

        Raises ConnectionDenied if the layer is out of reach.
        """
        try:
            await current_registry().join(group, self)
        except LayerUnavailable as error:
            raise ConnectionDenied(CloseCode.UNAVAILABLE) from error
        self._joined += (group,)

    async def leave(self, group: str) -> None:
        """Leave `group`."""
        self._joined = tuple(joined for joined in self._joined if joined != group)
        await current_registry().leave(group, self)

    def deliver(self, event: GroupEvent) -> None:
        """Handle an event of a joined group. Must neither wait nor raise.

        It is called during `connect`, too.
        """
        if event.text is not None:
            self.send_queue.write(event.frame)
        else:
            self._take(event.tags)

    @for_both
    async def accept(self, subprotocol: str | None = None, headers: Any = None) -> None:
        """Accept the connection, with one of the offered subprotocols.

        Raises ConnectionDenied if `end` was called in the meantime.
        """
        if self.ended_with is not None:
            raise ConnectionDenied(self.ended_with)
        self.open = True
        if self._deadline is not None:
            self._deadline.reschedule(None)  # from here on the client sets the pace
            self._deadline = None
        await super().accept(subprotocol or choose_subprotocol(self.scope), headers)

    def send(
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool | int = False
    ) -> Any:
        """Send one frame to this client, and `close` behind it. To be awaited, at the client's pace."""
        content = text_data if text_data is not None else bytes_data
        if content is None:
            raise ValueError("send text_data or bytes_data")
        if close or get_ident() != self._thread:  # cheaper than to ask for the running loop
            return self._send_at_once(Frame(content), close)
        return self.send_queue.write_through(Frame(content))

    @for_both
    async def _send_at_once(self, frame: Frame, close: bool | int) -> None:
        """Send without waiting for the client: a slow one must not keep the thread of plain methods."""
        if self._receive is None:  # in `connect`, where frames are held
            await self.send_queue.write_through(frame)
        else:
            self.send_queue.write(frame)
        if close:
            self.end(1000 if close is True else close)

    def end(self, code: int) -> None:
        """Close with `code`. May be called from anywhere on the event loop, also during `connect`."""
        if self.ended_with is not None:
            return
        self.ended_with = int(code)
        if self.open or self._needs_channels_loop:
            self._send_close()

    @for_both
    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """Close with `code`, by default 1000. A reason is ignored, since Daphne drops it."""
        self.end(1000 if code is None or code is True else code)

    def _send_close(self) -> None:
        self.send_queue.finish({"type": "websocket.close", "code": self.ended_with})
        if self._end_timeout is not None:
            # The close may wait forever behind frames that the client does not read, and no ASGI message drops a
            # connection: returning from the application is the only way to end it on such a server.
            with suppress(RuntimeError):  # it is returning already
                self._end_timeout.reschedule(asyncio.get_running_loop().time() + CLOSE_TIMEOUT)

    def _prepare(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.query = parse_query(scope.get("query_string", b""))
        self.base_send = send
        self._thread = get_ident()
        self.open = False
        self.ended_with = None
        self.close_code = 1006  # RFC 6455 section 7.1.5: there was no close frame
        if TRANSPORT_KEY not in scope:
            self._end_timeout = asyncio.timeout(None)
        self.send_queue = SendQueue(send, scope.get(TRANSPORT_KEY), self.end)

    async def _admit(self) -> None:
        await self._connect()
        if self.open:
            self.send_queue.release()
        else:
            self.end(1000)
            self._send_close()
            await self.send_queue.flush()  # so that the denial is logged even if the client is gone

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT) as self._deadline:
                for group in self.groups:
                    await self.channel_layer.group_add(group, self.channel_name)
                try:
                    await self.connect()
                except AcceptConnection:
                    await self.accept()
        except (ConnectionDenied, DatabaseError, TimeoutError, LayerUnavailable) as error:
            code = error.code if isinstance(error, ConnectionDenied) else CloseCode.UNAVAILABLE
            if code == CloseCode.UNAVAILABLE:
                logger.error(
                    "%s cannot be admitted: %s", describe(self.scope), cause(error.__cause__ or error)
                )
            self.end(code)
        except DenyConnection:
            self.end(1000)

    async def _on_channels_loop(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._end_timeout = None
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.send_queue.cancel()

    async def _handle(self, message: AsgiMessage) -> None:
        traffic.frames_in += 1
        try:
            if message.get("text") is not None:
                await self.receive(text_data=message["text"])
            else:
                await self.receive(bytes_data=message["bytes"])
        except ClientError as error:
            if error.counts and not self._may_be_refused():
                self.end(CloseCode.RATE_LIMITED)
            else:
                await self.refuse_frame(error)
        except ConnectionDenied as refusal:
            self.end(refusal.code)

    def _may_be_refused(self) -> bool:
        """Count a refused frame; False if there were too many."""
        if self._refusals is None:
            self._refusals = Bucket.full(self.refusal_rate, REFUSAL_BURST * self.refusal_rate.count)
        return self._refusals.take()

    async def _clean_up(self) -> None:
        # In reverse order, and each step whatever happens in another.
        async with AsyncExitStack() as steps:
            steps.callback(self._log_end)
            steps.push_async_callback(self.disconnect, self.close_code)
            steps.callback(self.send_queue.cancel)
            steps.callback(self._stop_events)
            for group in self._joined:
                steps.push_async_callback(current_registry().leave, group, self)

    def _log_end(self) -> None:
        if self.open:  # a denial is logged by `VisibleCloseCodes`
            code = int(self.ended_with or self.close_code)
            # Clients may choose among 4,000 codes of their own.
            closes[code if self.ended_with or code < STANDARD_CODES else 0] += 1
            logger.info("%s closed with %s", describe(self.scope), code)
