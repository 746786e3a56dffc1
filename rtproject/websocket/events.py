"""What Channels gives a consumer: groups of the channel layer, whose events go to methods named after their type."""

import asyncio
import contextvars
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any
from weakref import ref

from channels import DEFAULT_CHANNEL_LAYER
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import AsgiMessage, Receive
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.groups.layer import ask_layer
from rtproject.websocket.groups.registry import open_group
from rtproject.websocket.plain_methods import Method, awaitable

logger = logging.getLogger(__name__)

MAX_WAITING = 1_000  # events for one connection
OVERRIDDEN = ("connect", "receive", "disconnect", "receive_json")
OF_CHANNELS_LOOP = ("websocket_connect", "websocket_receive", "websocket_disconnect", "dispatch")


class ConsumerLayer:
    """The channel layer of one consumer, whose groups have one channel in each process. The rest is the layer's own."""

    def __init__(self, consumer: "EventConsumer") -> None:
        self._consumer = ref(consumer)  # a reference cycle would need the garbage collector

    def __getattr__(self, name: str) -> Any:
        return getattr(get_channel_layer(), name)

    async def group_add(self, group: str, channel: str) -> None:
        """Join `group` until the end of the connection. Raises ConnectionDenied if the layer is out of reach."""
        consumer = self._own(channel)
        consumer.take_events()
        await consumer.join(open_group(group))

    async def group_discard(self, group: str, channel: str) -> None:
        await self._own(channel).leave(open_group(group))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to all members of `group`, those of stock Channels as well. Raises LayerUnavailable."""
        await ask_layer(get_channel_layer().group_send(group, message))

    def _own(self, channel: str) -> Any:
        consumer = self._consumer()
        if consumer is None or channel != consumer.channel_name:
            raise ValueError("only the channel_name of this connection can be in a group")
        return consumer


class EventConsumer(AsyncWebsocketConsumer):
    """Handles events one after the other while no frame is handled, so that no two of its methods run at once."""

    groups: Sequence[str] = ()  # joined before `connect`
    ended_with: int | None
    _needs_channels_loop = False
    _receive: Receive | None = None  # None in `connect`
    _events: deque[tuple[Method, dict[str, Any]]] | None = None  # that wait, once a group was joined
    _waits = False  # for a frame
    _context: contextvars.Context | None = None  # of the connection
    _runner: asyncio.Task[None] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in OVERRIDDEN:
            method = getattr(cls, name, None)
            if method is not None and (both := awaitable(method)) is not method:
                setattr(cls, name, both)
        cls._needs_channels_loop = cls.channel_layer_alias != DEFAULT_CHANNEL_LAYER or any(
            getattr(cls, name) is not getattr(EventConsumer, name) for name in OF_CHANNELS_LOOP
        )

    @cached_property
    def channel_layer(self) -> Any:
        return ConsumerLayer(self)

    @cached_property
    def channel_name(self) -> str:
        return f"specific.connection!{secrets.token_hex(8)}"

    async def dispatch(self, message: dict[str, Any]) -> None:
        await self._handler(message)(message)

    def take_events(self) -> None:
        """Take events of other code from now on."""
        if self._events is None:
            self._events = deque()
            self._waits = self._receive is not None
            if self._receive is not None:
                self._receive = self._frames(self._receive)

    def end(self, code: int) -> None:
        """Close with `code`."""
        raise NotImplementedError

    def _handler(self, message: dict[str, Any]) -> Method:
        name = get_handler_name(message)
        handler = getattr(self, name, None)
        if handler is None or (hasattr(EventConsumer, name) and not name.startswith("websocket_")):
            raise ValueError(f"No handler for message type {message['type']}")
        return awaitable(handler)

    def _take(self, message: dict[str, Any]) -> None:
        """Handle a copy of `message` when it is its turn. Raises ValueError if there is no handler."""
        if self._events is not None and self.ended_with is None:
            self._events.append((self._handler(message), deepcopy(message)))
            self._go_on()
            if len(self._events) > MAX_WAITING:
                self.end(CloseCode.TOO_SLOW)

    def _frames(self, receive: Receive) -> Receive:
        """Return a `receive` for frames, during which events are handled."""

        async def next_frame() -> AsgiMessage:
            self._waits, self._context = True, contextvars.copy_context()
            self._go_on()
            message = await receive()
            self._waits = False
            if self._runner is not None:
                await asyncio.wait({self._runner})
            return message

        return next_frame

    def _stop_events(self) -> None:
        self._waits, self._receive = False, None  # the latter may be a reference cycle
        if self._runner is not None:
            self._runner.cancel()

    def _go_on(self) -> None:
        if self._waits and self._events and self._runner is None:
            run = self._handle_events(self._events)
            self._runner = asyncio.create_task(run, name="events", context=self._context)

    async def _handle_events(self, events: deque[tuple[Method, dict[str, Any]]]) -> None:
        try:
            while events and self.ended_with is None:
                handler, message = events.popleft()
                await handler(message)
                if not self._waits:
                    break
        except ConnectionDenied as refusal:
            self.end(refusal.code)
        except Exception:
            logger.exception("%s: an event of a group failed", describe(self.scope))
            self.end(CloseCode.UNAVAILABLE)
        finally:
            self._runner = None
