"""Who a client is to Django."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from rtproject.websocket.middleware import auth as module
from rtproject.websocket.middleware.auth import SessionAuthMiddleware
from rtproject.websocket.tests.helpers import Connection, closed_with, soon


class Seen:
    """An application that remembers the scope it was called with."""

    def __init__(self):
        self.scope = None

    async def __call__(self, scope, receive, send):
        self.scope = scope


def cookie(value):
    """The headers of a browser whose session cookie is `value`."""
    return [(b"cookie", f"sessionid={value}".encode())]


async def identify(headers):
    """The scope that the application behind `SessionAuthMiddleware` sees, or None, and what was sent."""
    seen = Seen()
    client = Connection(SessionAuthMiddleware(seen), headers=headers)
    client.leave()
    await soon(client.run())
    return seen.scope, client.sent


@database_sync_to_async
def log_in(name):
    """A session of a new user, as Django's login makes it."""
    user = get_user_model().objects.create_user(name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


async def test_without_a_session_cookie_nothing_is_asked():
    """Somebody unknown costs no query: this test may not use the database."""
    scope, _ = await identify([(b"cookie", b"other=1")])
    assert scope["user"].is_anonymous
    assert scope["cookies"] == {"other": "1"}
    assert scope.get("session") is None


@pytest.mark.django_db(transaction=True)
async def test_the_user_behind_the_cookie_is_found():
    """A logged-in user is who they are on the pages, and the session can be read."""
    key = await log_in("ada")
    scope, _ = await identify(cookie(key))
    assert scope["user"].username == "ada"
    assert scope["session"].session_key == key


@pytest.mark.django_db(transaction=True)
async def test_a_cookie_that_nobody_gave_is_somebody_unknown():
    """A made-up session is no error and no user."""
    scope, sent = await identify(cookie("a" * 32))
    assert scope["user"].is_anonymous
    assert sent == []


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_store_that_cannot_be_asked_lets_nobody_in(monkeypatch, caplog, hangs):
    """Nobody is taken for a guest because the database is away or does not answer: they hear 4103."""

    async def get_user(scope):
        if hangs:
            await asyncio.Event().wait()
        raise OperationalError("away")

    monkeypatch.setattr(module, "get_user", get_user)
    monkeypatch.setattr(module, "AUTH_TIMEOUT", 0.01 if hangs else 60)
    scope, sent = await identify(cookie("a" * 32))
    assert scope is None
    assert sent == [closed_with(4103)]
    assert "in-process /somewhere cannot be authenticated" in caplog.text
