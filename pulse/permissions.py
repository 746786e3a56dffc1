"""Who may see the pulse, and for how long."""

import asyncio
from typing import Protocol

from channels.auth import get_user
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase

from rtproject.utils.failure_log import FailureLog
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.asgi_types import Scope
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.lifecycle import run_in_background

RECHECK_SECONDS = 30.0
STORE_TIMEOUT = 5.0  # with a store that does not answer


def is_staff(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Whether `user` is one whom the admin lets in."""
    return user is not None and user.is_active and bool(getattr(user, "is_staff", False))


def can_view_pulse(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Whether `user` may see the pulse: everybody may, and with PULSE_PUBLIC off only staff."""
    return settings.PULSE_PUBLIC or is_staff(user)


class Connection(Protocol):
    """A connection that may be ended: `scope` says whose session let it in."""

    scope: Scope

    def end(self, code: int) -> None: ...


class Viewers:
    """The connections that a session lets in while PULSE_PUBLIC is off. Each session is asked again now and then, since
    it may end, and so may its user's rights. Use `current_viewers()`.
    """

    def __init__(self) -> None:
        self._sessions: dict[Connection, SessionBase] = {}
        self._task: asyncio.Task[None] | None = None
        self._outage = FailureLog("looking after those who watch the pulse")  # who is in stays meanwhile

    def enter(self, connection: Connection) -> None:
        """Watches over `connection` until it leaves."""
        session = connection.scope.get("session")
        if settings.PULSE_PUBLIC or session is None:
            return
        self._sessions[connection] = session
        if self._task is None or self._task.done():
            self._task = run_in_background(self._watch(), "pulse onlookers")

    def leave(self, connection: Connection) -> None:
        """Forgets `connection`, if it was here."""
        self._sessions.pop(connection, None)

    async def _watch(self) -> None:
        while self._sessions:
            await asyncio.sleep(RECHECK_SECONDS)
            # However many pages one has open.
            sessions = {session.session_key: session for session in self._sessions.values()}
            for key, session in sessions.items():
                with self._outage:
                    async with asyncio.timeout(STORE_TIMEOUT):
                        user = await get_user({"session": type(session)(key)})
                    self._revoke(key, user)

    def _revoke(self, key: str | None, user: AbstractBaseUser | AnonymousUser) -> None:
        if is_staff(user):
            return
        # A session that is not there has ended, or has another key by now: the next handshake tells.
        code = CloseCode.FORBIDDEN if user.is_authenticated else CloseCode.GOING_AWAY
        for connection, session in list(self._sessions.items()):
            if session.session_key == key:
                connection.end(code)


current_viewers = loop_local(Viewers)
