"""The user of a connection, by its session cookie."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from rtproject.websocket.middleware import auth as module
from rtproject.websocket.middleware.auth import SessionAuthMiddleware
from rtproject.websocket.tests.helpers import Connection, closed_with


def cookie(value):
    """The headers of a browser whose session cookie is `value`."""
    return [(b"cookie", f"sessionid={value}".encode())]


async def authenticate(headers):
    """Return the scope that the application behind the middleware sees, or None, and the messages sent."""
    scopes = []

    async def application(scope, receive, send):
        scopes.append(scope)

    sent = await Connection(SessionAuthMiddleware(application), headers=headers).visit()
    return (scopes or [None])[0], sent


@database_sync_to_async
def log_in(name):
    """Make a session of a new user, as Django's login does; return its key."""
    user = get_user_model().objects.create_user(name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


async def test_without_a_session_cookie_the_store_is_not_asked():
    """An anonymous client costs no query: this test may not use the database."""
    scope, _ = await authenticate([(b"cookie", b"other=1")])
    assert scope["user"].is_anonymous
    assert scope["cookies"] == {"other": "1"}
    assert scope.get("session") is None


@pytest.mark.django_db(transaction=True)
async def test_the_user_of_the_cookie_is_found():
    """A logged-in user is the same as on the pages; a made-up cookie is an anonymous user and no error."""
    key = await log_in("ada")
    scope, _ = await authenticate(cookie(key))
    assert scope["user"].username == "ada"
    assert scope["session"].session_key == key
    scope, sent = await authenticate(cookie("a" * 32))
    assert scope["user"].is_anonymous
    assert sent == []


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_store_that_does_not_answer_admits_no_one(monkeypatch, caplog, hangs):
    """A user does not become anonymous because the database fails or hangs: the client gets 4103."""

    async def get_user(scope):
        if hangs:
            await asyncio.Event().wait()
        raise OperationalError("away")

    monkeypatch.setattr(module, "get_user", get_user)
    monkeypatch.setattr(module, "AUTH_TIMEOUT", 0.01 if hangs else 60)
    scope, sent = await authenticate(cookie("a" * 32))
    assert scope is None
    assert sent == [closed_with(4103)]
    assert "in-process /somewhere cannot be authenticated" in caplog.text
