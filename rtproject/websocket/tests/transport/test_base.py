"""Connections of a server whose transport is not known, and the transport in the scope."""

import pytest

from rtproject.websocket.tests.helpers import ACCEPT, CLIENT, Connection, soon, stays
from rtproject.websocket.transport import base as module
from rtproject.websocket.transport.base import TRANSPORT_KEY, TransportMiddleware


@pytest.fixture(autouse=True)
def _nothing_logged_yet():
    module._tell_once.cache_clear()


async def scope_seen(server_scope):
    """Return the scope that the application behind the middleware is called with; it writes into it."""
    scopes = []

    async def application(scope, receive, send):
        scopes.append((dict(scope), receive))
        scope["mine"] = True

    client = Connection(TransportMiddleware(application), **server_scope)
    await soon(client.run())
    assert "mine" not in client.scope  # the server's own
    return scopes[0]


@pytest.mark.parametrize(("scope", "lines"), [({"client": CLIENT}, 1), ({}, 0)])
async def test_an_unknown_server_is_logged_once(caplog, scope, lines):
    """One warning, not one for each connection, and none for a caller inside the process."""
    for _ in range(3):
        assert await Connection(TransportMiddleware(stays), **scope).visit() == [ACCEPT]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * lines
    found, _ = await scope_seen(scope)
    assert TRANSPORT_KEY not in found


@pytest.mark.parametrize("server", ["find_daphne", "find_uvicorn"])
async def test_a_transport_is_in_the_scope_and_receives(monkeypatch, server):
    """The application receives through the transport, which limits how far it reads ahead."""

    class FakeTransport:
        def __init__(self, receive):
            self.receive = receive

    monkeypatch.setattr(module, server, lambda *arguments: FakeTransport(arguments[0]))
    scope, receive = await scope_seen({})
    assert receive == scope[TRANSPORT_KEY].receive
