"""A limit of the pages that are made at once."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from rtproject.utils.json_api import ApiError
from rtproject.websocket.utils.loop_local import loop_local

AT_ONCE = 4
WAIT_SECONDS = 5.0
BUSY = "The server is busy."
SAFE = ("GET", "HEAD")  # others may wait for a password's hash

_slots = loop_local(lambda: asyncio.Semaphore(AT_ONCE))


@sync_and_async_middleware
def limit_pages(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Django middleware: further pages wait, and get 503 after WAIT_SECONDS.

    Under ASGI each page has a thread, and the event loop waits for the interpreter's lock behind all of them.
    """
    if not iscoroutinefunction(get_response):
        return get_response

    async def middleware(request: HttpRequest) -> HttpResponse:
        async with AsyncExitStack() as slot:
            if request.method in SAFE:
                try:
                    async with asyncio.timeout(WAIT_SECONDS):
                        await slot.enter_async_context(_slots())
                except TimeoutError:
                    if request.path.startswith("/api/"):
                        return ApiError(503, BUSY, Retry_After="5").response
                    return HttpResponse(BUSY, status=503, headers={"Retry-After": "5"})
            response: HttpResponse = await get_response(request)
            return response

    return middleware
