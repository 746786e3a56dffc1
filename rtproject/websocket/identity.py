"""Who the client is to Django: the session and the user behind its cookie."""

import asyncio
import logging

from channels.auth import get_user
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from rtproject.websocket.addresses import describe
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.middleware import turn_away

logger = logging.getLogger(__name__)

IDENTIFY_SECONDS = 1.5  # of the 5 that Daphne gives a handshake


class Identity:
    """Fills `scope["cookies"]`, `scope["session"]` and `scope["user"]` as Channels' AuthMiddlewareStack does.

    That one also wraps `send`, to save a changed session, and so costs something for every frame of every client;
    here nothing changes a session. Without a session cookie nothing is asked. A store that cannot be asked closes
    with 4103.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.with_cookies = CookieMiddleware(self._identify)
        self.session_store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.with_cookies(scope, receive, send)

    async def _identify(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        scope["session"] = self.session_store(session_key)
        if session_key is None:
            scope["user"] = AnonymousUser()
        else:
            try:
                async with asyncio.timeout(IDENTIFY_SECONDS):
                    scope["user"] = await get_user(scope)
            except (DatabaseError, TimeoutError) as error:
                logger.error("%s cannot be identified: %r", describe(scope), error)
                await turn_away(receive, send, CloseCode.UNAVAILABLE)
                return
        await self.inner(scope, receive, send)
