"""What lies under a `send`: nothing that we know of, and everything works all the same."""

import logging

import pytest

from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, soon, stays, text
from rtproject.websocket.tests.recorder import Recorder
from rtproject.websocket.transport import base as module
from rtproject.websocket.transport.base import TRANSPORT_KEY, TransportMiddleware

CLIENT = ["192.0.2.1", 50000]


@pytest.fixture(autouse=True)
def _nothing_told():
    module._tell_once.cache_clear()


class FakeWire:
    """A wire that is found by whoever looks."""

    def __init__(self, receive):
        self.receive = receive


async def test_an_unknown_server_has_no_wire():
    """Everything goes through ASGI, and the scope says nothing of a wire."""
    seen = []

    async def application(scope, receive, send):
        seen.append(scope)
        await stays(scope, receive, send)

    client = Connection(TransportMiddleware(application), client=CLIENT)
    client.leave()
    await soon(client.run())
    assert client.sent == [ACCEPT]
    assert TRANSPORT_KEY not in seen[0]


@pytest.mark.usefixtures("memory")
async def test_without_a_wire_a_consumer_works():
    """What it sends goes through the `send` of the server, the close too."""

    class Ending(Recorder):
        async def receive(self, text_data=None, bytes_data=None):
            await super().receive(text_data)
            await self.close(4999)

    client = Connection(TransportMiddleware(Ending.as_asgi()), client=CLIENT)
    client.say({"type": "websocket.receive", "text": "hello"})
    async with client.running():
        assert [await client.next() for _ in range(3)] == [ACCEPT, text("hello"), closed_with(4999)]
        client.leave()


async def test_the_scope_of_the_server_stays_its_own():
    """What is inside may write into its scope: it is a copy, with a wire and without."""

    async def application(scope, receive, send):
        scope["mine"] = True

    client = Connection(TransportMiddleware(application))
    await soon(client.run())
    assert "mine" not in client.scope


async def test_an_unknown_server_is_told_of_once(caplog):
    """An operator finds one line about the slow way, not one for each connection."""
    caplog.set_level(logging.INFO)
    for _ in range(3):
        client = Connection(TransportMiddleware(stays), client=CLIENT)
        client.leave()
        await soon(client.run())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.records[0].getMessage().endswith("but a Connection")


async def test_a_caller_inside_the_process_is_not_told_of(caplog):
    """The channels test communicator has no wire and is no news."""
    caplog.set_level(logging.INFO)
    client = Connection(TransportMiddleware(stays))
    client.leave()
    await soon(client.run())
    assert caplog.records == []


@pytest.mark.parametrize("server", ["find_daphne", "find_uvicorn"])
async def test_a_wire_is_handed_on_and_receives(monkeypatch, server):
    """The application finds the wire in its scope, and receives at the wire's pace."""
    seen = []

    async def application(scope, receive, send):
        seen.append((scope[TRANSPORT_KEY], receive))

    monkeypatch.setattr(module, server, lambda *arguments: FakeWire(arguments[0]))
    await soon(Connection(TransportMiddleware(application)).run())
    [(wire, receive)] = seen
    assert receive == wire.receive
