"""Visible close codes of denials, the limit of connections per address, and unknown paths."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from rtproject.websocket.middleware.denials_and_limits import (
    ConnectionsPerAddress,
    VisibleCloseCodes,
    not_found,
)
from rtproject.websocket.tests.helpers import (
    ACCEPT,
    CLIENT,
    Connection,
    closed_with,
    settle,
    soon,
    stays,
    text,
)


async def denies(scope, receive, send):
    """Deny with a code."""
    await receive()
    await send(closed_with(4003))


class TestVisibleCloseCodes:
    async def test_a_denial_is_accepted_and_closed_at_once(self, caplog):
        """Over a socket the code comes after an accept, with nothing in between, and is one line of log."""
        client = Connection(VisibleCloseCodes(denies), client=CLIENT, query_string=b"pass=hidden")
        await soon(client.run())
        assert client.sent == [ACCEPT, closed_with(4003)]
        assert caplog.messages == ["192.0.2.1 /somewhere refused with 4003"]

    async def test_a_caller_inside_the_process_sees_the_denial_itself(self):
        """The communicator of Channels is not accepted."""

        async def application(scope, receive, send):  # asgiref takes only a coroutine function
            await VisibleCloseCodes(denies)(scope, receive, send)

        communicator = WebsocketCommunicator(application, "/somewhere")
        assert await communicator.connect() == (False, 4003)

    async def test_a_client_on_a_unix_socket_sees_the_code(self):
        """Its scope has a `client` that is None; only a caller inside the process has no `client` at all."""
        client = Connection(VisibleCloseCodes(denies), client=None)
        await soon(client.run())
        assert client.sent == [ACCEPT, closed_with(4003)]

    async def test_messages_after_the_accept_pass_untouched(self):
        """A close of an open connection is no denial."""
        messages = [ACCEPT, text("hello"), closed_with(4200)]

        async def talks(scope, receive, send):
            for message in messages:
                await send(message)

        client = Connection(VisibleCloseCodes(talks), client=CLIENT)
        await soon(client.run())
        assert client.sent == messages

    async def test_a_denial_selects_a_subprotocol(self):
        """A browser that offered some fails the handshake if none is selected, and would not see the code."""
        client = Connection(VisibleCloseCodes(denies), client=CLIENT, subprotocols=["theirs"])
        await soon(client.run())
        assert client.sent[0] == {"type": "websocket.accept", "subprotocol": "theirs"}


class TestConnectionsPerAddress:
    @pytest.fixture
    def application(self, settings):
        """An application that takes two connections from an address."""
        settings.WEBSOCKET = {"CONNECTIONS_PER_ADDRESS": 2}
        return ConnectionsPerAddress(stays)

    async def test_one_too_many_is_denied_until_another_leaves(self, application):
        """Open connections count, denied ones until they are gone."""
        clients = [Connection(application, client=["192.0.2.1", port]) for port in range(5)]
        tasks = [asyncio.create_task(client.run()) for client in clients[:3]]
        assert [await client.next() for client in clients[:3]] == [ACCEPT, ACCEPT, closed_with(4101)]
        clients[2].say({"type": "websocket.receive", "text": "ignored"})
        answers = [closed_with(4101), ACCEPT]
        for gone, task, newcomer, answer in zip(clients[1:3], tasks[1:], clients[3:], answers, strict=True):
            gone.leave()
            await soon(task)
            async with newcomer.running():
                assert await newcomer.next() == answer
                newcomer.leave()
        clients[0].leave()
        await soon(tasks[0])
        assert not application.open

    @pytest.mark.parametrize(
        ("limit", "scopes"),
        [
            pytest.param(2, [{"client": [f"192.0.2.{n}", 1]} for n in (1, 1, 2)], id="another address"),
            pytest.param(0, [{"client": CLIENT}] * 3, id="no limit"),
            pytest.param(2, [{}] * 3, id="inside the process"),
        ],
    )
    async def test_other_connections_are_accepted(self, settings, application, limit, scopes):
        """Each address has a limit of its own, 0 is no limit, and callers inside the process do not count."""
        settings.WEBSOCKET = {"CONNECTIONS_PER_ADDRESS": limit}
        clients = [Connection(application, **scope) for scope in scopes]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        assert [await client.next() for client in clients] == [ACCEPT] * 3
        for client in clients:
            client.leave()
        await soon(asyncio.gather(*tasks))

    async def test_a_connection_that_fails_gives_its_place_back(self, settings):
        """An error of the application ends the connection like anything else."""
        settings.WEBSOCKET = {"CONNECTIONS_PER_ADDRESS": 1}

        async def fails(scope, receive, send):
            raise RuntimeError("a fault")

        application = ConnectionsPerAddress(fails)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="a fault"):
                await Connection(application, client=CLIENT).run()
        assert not application.open


async def test_an_unknown_path_closes_with_4004():
    """The last route stays until the client is gone, whatever the client sends."""
    client = Connection(not_found)
    async with client.running() as task:
        assert await client.next() == closed_with(4004)
        client.say({"type": "websocket.receive", "text": "hello"})
        await settle()
        assert not task.done()
        client.leave()
