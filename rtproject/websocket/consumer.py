"""The base of all consumers: Channels' AsyncWebsocketConsumer on a plain receive loop.

Channels' own loop makes a task and hops to a thread for every message. This one awaits a message, handles it and
awaits the next: the handlers of a connection run one after the other, as in Channels, at a fraction of the cost. The
methods to override keep their names: `connect`, `receive`, `disconnect`. Two things differ. A consumer has no channel
of its own (no `channel_name`, no `group_add`): it calls `join(group)` and gets events by `deliver`. And code that uses
the database does so through `database_sync_to_async`, which closes stale connections.
"""

import asyncio
import logging
from contextlib import AsyncExitStack, nullcontext, suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from rtproject.utils.log_text import cause
from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import AsgiMessage, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.registry import GroupEvent, current_registry
from rtproject.websocket.query import choose_subprotocol, parse_query
from rtproject.websocket.throttling.rates import Bucket, Rate
from rtproject.websocket.transport.base import TRANSPORT_KEY
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import CLOSE_TIMEOUT, SendQueue

logger = logging.getLogger(__name__)

NO_TIMEOUT = nullcontext()
REFUSAL_BURST = 10  # seconds of `refusal_rate` at once
CONNECT_TIMEOUT = 3.0  # seconds; Daphne drops a handshake after 5, and authentication may need 1.5 of them


class WebsocketConsumer(AsyncWebsocketConsumer):
    """One WebSocket connection, from the handshake to the end.

    `connect()` accepts, or raises ConnectionDenied. Events that come before the end of `connect` are held, so what
    `connect` sends comes first. `disconnect(code)` runs exactly once, whatever happened before.
    """

    groups: tuple[str, ...] = ()  # the groups that were joined
    ended_with: int | None  # the code of our own close, if there was one
    refusal_rate = Rate(20, 1.0)  # of refused frames, until the connection is closed
    _refusals: Bucket | None = None
    _deadline: asyncio.Timeout | None = None  # while in `connect`
    _end_timeout: asyncio.Timeout | None = None  # around everything, where there is no transport to abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection as ASGI specifies: connect, any number of frames, disconnect."""
        self._prepare(scope, send)
        try:
            async with self._end_timeout or NO_TIMEOUT:
                await receive()  # websocket.connect
                await self._admit()
                while (message := await receive())["type"] != "websocket.disconnect":
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
        self.groups += (group,)

    def deliver(self, event: GroupEvent) -> None:
        """Handle an event of a joined group. Must neither wait nor raise.

        It is called during `connect`, too.
        """
        if event.text is not None:
            self.send_queue.write(event.frame)

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

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Send one frame to this client, at the client's pace."""
        content = text_data if text_data is not None else bytes_data
        if content is None:
            raise ValueError("send text_data or bytes_data")
        await self.send_queue.write_through(Frame(content))

    def end(self, code: int) -> None:
        """Close with `code`. May be called from anywhere, also during `connect`."""
        if self.ended_with is not None:
            return
        self.ended_with = int(code)
        if self.open:
            self._send_close()

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close with `code`, by default 1000. A reason is ignored, since Daphne drops it."""
        self.end(1000 if code is None else code)

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
                await self.connect()
        except (ConnectionDenied, DatabaseError, TimeoutError, LayerUnavailable) as error:
            code = error.code if isinstance(error, ConnectionDenied) else CloseCode.UNAVAILABLE
            if code == CloseCode.UNAVAILABLE:
                logger.error(
                    "%s cannot be admitted: %s", describe(self.scope), cause(error.__cause__ or error)
                )
            self.end(code)

    async def _handle(self, message: AsgiMessage) -> None:
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
            for group in self.groups:
                steps.push_async_callback(current_registry().leave, group, self)

    def _log_end(self) -> None:
        if self.open:  # a denial is logged by `VisibleCloseCodes`
            logger.info("%s closed with %s", describe(self.scope), int(self.ended_with or self.close_code))
