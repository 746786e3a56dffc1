"""The base of all consumers: Channels' AsyncWebsocketConsumer on a plain receive loop.

Channels' own loop makes a task and hops to a thread for every message. This one awaits a message, handles it and
awaits the next: handlers of one connection run one after the other, as before, at a fraction of the price. The
methods to override keep their names: `connect`, `receive`, `disconnect`. What differs: a consumer has no channel
of its own (no `channel_name`, no `group_add`), it calls `join(group)` and is handed events by `deliver`; and code
that touches the database uses `database_sync_to_async`, which looks after stale connections.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import Message, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.errors import ClientError, Refused, Unavailable
from rtproject.websocket.fanout import Event, current_fanout
from rtproject.websocket.outbox import Outbox
from rtproject.websocket.query import parse_query

logger = logging.getLogger(__name__)

CONNECT_SECONDS = (
    3.0  # Daphne drops a handshake that takes 5, without a code; `identity` may need 1.5 of them
)


class Consumer(AsyncWebsocketConsumer):
    """One WebSocket connection, from the handshake to the end.

    `connect()` accepts, or raises Refused. Between `join` and the end of `connect` events are held, so what
    `connect` sends comes first. `disconnect(code)` runs exactly once, whatever happened before it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        self.open = False
        self.ended_with: int | None = None
        self.close_code = 1006  # RFC 6455 section 7.1.5: there was no close frame
        self.resources = AsyncExitStack()  # whatever this connection takes, it gives back at its end
        self.outbox = Outbox(send, on_overflow=lambda: self.end(CloseCode.TOO_SLOW))
        self.outbox.hold()
        try:
            await self._run(receive)
        except asyncio.CancelledError:
            self.close_code = CloseCode.GOING_AWAY  # which `drain` tells the client
            raise
        finally:
            await self._clean_up()

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string's parameters; of a repeated one the last."""
        return parse_query(self.scope.get("query_string", b""))

    async def connect(self) -> None:
        """Override: `accept()`, or raise Refused."""
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Override: handle one frame of the client. Raise ClientError for one that cannot be obeyed."""

    async def disconnect(self, code: int) -> None:
        """Override: the connection has ended with `code` (1006 if there was no close frame)."""

    async def refuse_frame(self, error: ClientError) -> None:
        """Override: tell the client what was wrong with its frame."""

    async def join(self, group: str) -> None:
        """Hears `group` from now until the end of the connection. Raises Refused if the layer is out of reach."""
        fanout = current_fanout()
        try:
            await fanout.join(group, self)
        except Unavailable as error:
            raise Refused(CloseCode.UNAVAILABLE) from error
        self.resources.push_async_callback(fanout.leave, group, self)

    def deliver(self, event: Event) -> None:
        """Called for each event of the joined groups, also during `connect`: what is written then is held until it
        returned. Must neither wait nor raise."""
        if event.text is not None:
            self.outbox.write(event.message)

    async def accept(self, subprotocol: str | None = None, headers: Any = None) -> None:
        """Accepts the connection, unless `end` was called in the meantime: then raises Refused."""
        if self.ended_with is not None:
            raise Refused(self.ended_with)
        self.open = True
        self._deadline.reschedule(None)  # from here on the client's own pace counts
        await super().accept(subprotocol, headers)

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Sends one frame to this client, at the client's pace."""
        if text_data is not None:
            await self.outbox.write_through({"type": "websocket.send", "text": text_data})
        else:
            await self.outbox.write_through({"type": "websocket.send", "bytes": bytes_data})

    def end(self, code: int) -> None:
        """Closes with `code`. Anybody may call it, also while this client is still in `connect`."""
        if self.ended_with is not None:
            return
        self.ended_with = int(code)
        if self.open:
            self._send_close()

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Closes with `code`, by default 1000. There is no way to send a reason: Daphne drops it."""
        self.end(1000 if code is None else code)

    def _send_close(self) -> None:
        self.outbox.finish({"type": "websocket.close", "code": self.ended_with})

    async def _run(self, receive: Receive) -> None:
        """The life of a connection, as the ASGI specification tells it: connect, any number of frames, disconnect."""
        await receive()
        await self._connect()
        if self.open:
            self.outbox.release()
        else:
            self.end(1000)
            self._send_close()
        while (message := await receive())["type"] != "websocket.disconnect":
            if self.ended_with is None:
                await self._handle(message)
        self.close_code = message.get("code", 1005)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS) as self._deadline:
                await self.connect()
        except Refused as refusal:
            self.end(refusal.code)
        except (DatabaseError, TimeoutError, Unavailable) as error:
            logger.error("%s cannot be let in: %r", describe(self.scope), error)
            self.end(CloseCode.UNAVAILABLE)

    async def _handle(self, message: Message) -> None:
        try:
            if message.get("text") is not None:
                await self.receive(text_data=message["text"])
            else:
                await self.receive(bytes_data=message["bytes"])
        except ClientError as error:
            await self.refuse_frame(error)

    async def _clean_up(self) -> None:
        self.outbox.cancel()
        try:
            await self.resources.aclose()
        finally:
            await self.disconnect(self.close_code)
            if self.open:  # a refusal was logged by who made it visible
                logger.info(
                    "%s closed with %s", describe(self.scope), int(self.ended_with or self.close_code)
                )
