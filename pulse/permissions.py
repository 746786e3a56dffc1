"""Permission to see the pulse, also while a connection is open."""

import asyncio
from typing import Protocol

from channels.auth import get_user
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase

from rtproject.websocket.asgi_types import Scope
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

RECHECK_SECONDS = 30.0
SESSION_TIMEOUT = 5.0


def is_staff(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Return whether `user` may log in to the admin site."""
    return user is not None and user.is_active and bool(getattr(user, "is_staff", False))


def can_view_pulse(user: AbstractBaseUser | AnonymousUser | None) -> bool:
    """Return whether `user` may see the pulse: with PULSE_PUBLIC off only staff may."""
    return settings.PULSE_PUBLIC or is_staff(user)


class Connection(Protocol):
    """A connection with a session in its `scope`."""

    scope: Scope

    def end(self, code: int) -> None: ...


class Viewers:
    """The connections to a pulse that is for staff alone. Use `current_viewers()`.

    Their sessions are checked again and again, since a session may end and so may a user's rights.
    """

    def __init__(self) -> None:
        self._sessions: dict[Connection, SessionBase] = {}
        self._task: asyncio.Task[None] | None = None
        self._failures = FailureLog("checking the sessions of the pulse's viewers")

    def enter(self, connection: Connection) -> None:
        """Check the session of `connection` until it leaves."""
        session = connection.scope.get("session")
        if settings.PULSE_PUBLIC or session is None:
            return
        self._sessions[connection] = session
        if self._task is None or self._task.done():
            self._task = run_in_background(self._recheck(), "pulse viewers")

    def leave(self, connection: Connection) -> None:
        """Forget `connection`, if it entered."""
        self._sessions.pop(connection, None)

    async def _recheck(self) -> None:
        while self._sessions:
            await asyncio.sleep(RECHECK_SECONDS)
            # Once for each session, however many connections it has.
            sessions = {session.session_key: session for session in self._sessions.values()}
            for key, session in sessions.items():
                with self._failures:
                    async with asyncio.timeout(SESSION_TIMEOUT):
                        user = await get_user({"session": type(session)(key)})
                    self._revoke(key, user)

    def _revoke(self, key: str | None, user: AbstractBaseUser | AnonymousUser) -> None:
        if is_staff(user):
            return
        # A missing session has ended or got another key: the next handshake decides which.
        code = CloseCode.FORBIDDEN if user.is_authenticated else CloseCode.GOING_AWAY
        for connection, session in list(self._sessions.items()):
            if session.session_key == key:
                connection.end(code)


current_viewers = loop_local(Viewers)
