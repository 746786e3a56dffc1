"""Request bodies: at most MAX_BODY bytes, and few large ones parsed at a time. See `servers` for what is below ASGI."""

import asyncio
import contextlib
import logging
import time

from django.conf import settings
from django.http import HttpResponse

from rtproject.http.headers import send_response
from rtproject.utils.json_api import ApiError
from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import Application, AsgiMessage, Receive, Scope, Send
from rtproject.websocket.throttling.rates import LeakyBucket, Rate
from rtproject.websocket.utils.loop_local import loop_local

logger = logging.getLogger(__name__)

LARGE_BODY = 4096  # bytes: parsing more than this takes a slot
PARSED_AT_ONCE = 1  # large bodies: a thread that parses one shares the interpreter's lock with the event loop
REFUSAL_TIMEOUT = 2.0  # seconds that a refusal may wait, if there are many
TOO_LARGE = "The request's body is too large."

_slots = loop_local(lambda: asyncio.Semaphore(PARSED_AT_ONCE))
# A client that is refused and never pauses is back as soon as it is answered.
_refusals = loop_local(lambda: LeakyBucket(Rate(50, 1.0), burst=20))


class BodyLimit:
    """ASGI middleware: a body of more than MAX_BODY bytes is answered with 413, without reading the rest."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, send)
        async with contextlib.AsyncExitStack() as body.slot:
            if not _announces_too_much(scope):
                await self.inner(scope, body.receive, body.send)
                if not body.cut:
                    return
        await _refusals().wait_turn(time.monotonic() + REFUSAL_TIMEOUT)
        logger.info("%s refused with HTTP 413", describe(scope))
        to_program = scope["path"].startswith("/api/")
        response = (
            ApiError(413, TOO_LARGE).response
            if to_program
            else HttpResponse(f"{TOO_LARGE}\n", "text/plain", 413)
        )
        response["Connection"] = "close"  # what would be read next is the rest of the body
        await send_response(send, response)


class _Body:
    """The body of one request on its way to the application, which sees a body that is cut as a disconnect."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._size = 0
        self.cut = False
        self.slot: contextlib.AsyncExitStack

    async def receive(self) -> AsgiMessage:
        """Return the next message of the server. Of large bodies only a few go on at a time."""
        message = await self._receive()
        if self.cut or message["type"] != "http.request":
            return message
        self._size += len(message.get("body", b""))
        if self._size > settings.MAX_BODY:
            self.cut = True
            return {"type": "http.disconnect"}
        if self._size > LARGE_BODY and not message.get("more_body"):
            await self.slot.enter_async_context(_slots())
        return message

    async def send(self, message: AsgiMessage) -> None:
        if not self.cut:
            await self._send(message)


def _announces_too_much(scope: Scope) -> bool:
    """Whether there is a Content-Length above the limit; one that is no number was refused by the server."""
    lengths = [value.strip() for name, value in scope["headers"] if name == b"content-length"]
    return not all(each.isdigit() and len(each) < 20 and int(each) <= settings.MAX_BODY for each in lengths)
