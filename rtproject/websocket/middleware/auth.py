"""Authentication: the Django session and user behind the cookie of a handshake."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable

from channels.auth import get_user
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from django.http import parse_cookie
from django.utils.module_loading import import_string

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.middleware.denials_and_limits import deny
from rtproject.websocket.utils.log_text import cause

logger = logging.getLogger(__name__)

ANONYMOUS = AnonymousUser()
AUTH_TIMEOUT = 1.5  # seconds, of the 5 that Daphne gives a handshake


class SessionAuthMiddleware:
    """ASGI middleware that sets `cookies`, `session` and `user` in the scope.

    Channels' AuthMiddlewareStack does so, too, but it also wraps `send` to save a changed session, which
    costs something for every frame; here nothing changes a session. Without cookies there is no `cookies`,
    and without a session cookie no `session` and no query. A store that is out of reach closes with 4103.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.session_store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")

    # `TransportMiddleware` made a scope of our own: a second copy would cost memory for nothing.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope["user"] = ANONYMOUS
        cookies = _cookies(scope["headers"])
        if cookies:
            scope["cookies"] = cookies
        if settings.SESSION_COOKIE_NAME not in cookies:
            return self.inner(scope, receive, send)
        scope["session"] = self.session_store(cookies[settings.SESSION_COOKIE_NAME])
        return self._authenticate(scope, receive, send)

    async def _authenticate(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(AUTH_TIMEOUT):
                scope["user"] = await get_user(scope)
        except (DatabaseError, TimeoutError) as error:
            logger.error("%s cannot be authenticated: %s", describe(scope), cause(error))
            await deny(receive, send, CloseCode.UNAVAILABLE)
        else:
            await self.inner(scope, receive, send)


def _cookies(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    lines = [value.decode("latin-1") for name, value in headers if name == b"cookie"]
    cookies: dict[str, str] = parse_cookie("; ".join(lines))
    return cookies
