"""What stands between a server and the consumers."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from rtproject.websocket.middleware.denials_and_limits import (
    ConnectionsPerAddress,
    VisibleCloseCodes,
    not_found,
)
from rtproject.websocket.middleware.origins import ForeignOrigins
from rtproject.websocket.query import choose_subprotocol
from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, settle, soon, stays, text

CLIENT = ["192.0.2.1", 50000]


async def refuses(scope, receive, send):
    """Refuses with a code."""
    await receive()
    await send(closed_with(4003))


class TestForeignOrigins:
    async def test_a_foreign_page_is_never_accepted(self, caplog):
        """A close before the accept is what a server turns into HTTP 403, and the log has one line for it."""
        client = Connection(ForeignOrigins(stays), headers=[(b"host", b"testserver"), (b"origin", b"null")])
        await soon(client.run())
        assert client.sent == [closed_with(4003)]
        assert [record.getMessage() for record in caplog.records] == [
            "in-process /somewhere refused with HTTP 403: foreign origin"
        ]

    async def test_everybody_else_comes_in(self):
        """A program sends no Origin."""
        client = Connection(ForeignOrigins(stays))
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT]


class TestVisibleCloseCodes:
    async def test_a_refusal_is_accepted_and_closed_at_once(self, caplog):
        """Over a socket the code comes after an accept, with nothing in between, and one line of log tells of it."""
        client = Connection(VisibleCloseCodes(refuses), client=CLIENT, query_string=b"pass=hidden")
        await soon(client.run())
        assert client.sent == [ACCEPT, closed_with(4003)]
        assert [record.getMessage() for record in caplog.records] == [
            "192.0.2.1 /somewhere refused with 4003"
        ]

    async def test_a_caller_inside_the_process_sees_the_refusal_itself(self):
        """The channels communicator is not accepted."""

        async def application(scope, receive, send):  # asgiref takes nothing but a coroutine function for one
            await VisibleCloseCodes(refuses)(scope, receive, send)

        communicator = WebsocketCommunicator(application, "/somewhere")
        assert await communicator.connect() == (False, 4003)

    async def test_a_server_on_a_unix_socket_is_a_real_one(self):
        """A scope whose `client` is None came over a socket: only the caller inside the process has no `client`."""
        client = Connection(VisibleCloseCodes(refuses), client=None)
        await soon(client.run())
        assert client.sent == [ACCEPT, closed_with(4003)]

    async def test_a_close_without_a_code_is_a_normal_one(self, caplog):
        """An application may leave the code out."""

        async def refuses_without_code(scope, receive, send):
            await send({"type": "websocket.close"})

        client = Connection(VisibleCloseCodes(refuses_without_code), client=CLIENT)
        await soon(client.run())
        assert client.sent[1] == {"type": "websocket.close"}
        assert "refused with 1000" in caplog.text

    async def test_what_is_sent_after_the_accept_passes_untouched(self):
        """A close of an open connection is no refusal."""

        async def talks(scope, receive, send):
            for message in (ACCEPT, text("hello"), closed_with(4200)):
                await send(message)

        client = Connection(VisibleCloseCodes(talks), client=CLIENT)
        await soon(client.run())
        assert client.sent == [ACCEPT, text("hello"), closed_with(4200)]

    async def test_a_refusal_selects_a_subprotocol(self):
        """A browser that offered some fails the handshake if none is selected, and would not see the code."""
        client = Connection(VisibleCloseCodes(refuses), client=CLIENT, subprotocols=["theirs"])
        await soon(client.run())
        assert client.sent[0] == {"type": "websocket.accept", "subprotocol": "theirs"}


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        ([""], None),
        (["theirs", "other"], "theirs"),
        (["", "theirs"], "theirs"),
        (["theirs", "rtproject.v1"], "rtproject.v1"),
    ],
)
def test_ours_is_chosen_before_any_other_subprotocol(offered, chosen):
    """Ours if it is offered, else the first that has a name, else none."""
    header = (b"sec-websocket-protocol", ", ".join(offered).encode())
    assert choose_subprotocol({"subprotocols": offered, "headers": []}) == chosen
    assert choose_subprotocol({"subprotocols": [], "headers": [header]}) == chosen


def test_a_subprotocol_is_chosen_as_it_was_offered():
    """Daphne unquotes what it puts into the scope; and a client may offer in several lines."""
    headers = [(b"sec-websocket-protocol", b"x%41"), (b"sec-websocket-protocol", b"other")]
    assert choose_subprotocol({"subprotocols": ["xA", "other"], "headers": headers}) == "x%41"


def test_a_server_need_not_know_subprotocols():
    """The ASGI specification lets a server leave the list out."""
    assert choose_subprotocol({"headers": []}) is None


class TestConnectionsPerAddress:
    @pytest.fixture
    def application(self, settings):
        """An application that takes two connections from an address."""
        settings.WEBSOCKETS_PER_ADDRESS = 2
        return ConnectionsPerAddress(stays)

    async def test_one_too_many_is_refused_until_another_leaves(self, application):
        """The limit is on open connections: whoever goes makes room."""
        clients = [Connection(application, client=["192.0.2.1", port]) for port in range(4)]
        tasks = [asyncio.create_task(client.run()) for client in clients[:3]]
        assert [await client.next() for client in clients[:3]] == [ACCEPT, ACCEPT, closed_with(4101)]
        clients[2].say({"type": "websocket.receive", "text": "not heard"})
        for client, task in zip(clients[1:3], tasks[1:], strict=True):
            client.leave()
            await soon(task)
        async with clients[3].running():
            assert await clients[3].next() == ACCEPT
            clients[3].leave()
        clients[0].leave()
        await soon(tasks[0])
        assert not application.open

    async def test_each_address_has_a_limit_of_its_own(self, application):
        """One crowded address keeps nobody else out."""
        clients = [Connection(application, client=[f"192.0.2.{number}", 1]) for number in (1, 1, 2)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        assert [await client.next() for client in clients] == [ACCEPT] * 3
        for client in clients:
            client.leave()
        await soon(asyncio.gather(*tasks))

    @pytest.mark.parametrize(("limit", "scope"), [(0, {"client": CLIENT}), (2, {})])
    async def test_nobody_is_counted_without_a_limit_or_an_address(self, settings, application, limit, scope):
        """0 turns the limit off, and callers inside the process are not held by it."""
        settings.WEBSOCKETS_PER_ADDRESS = limit
        clients = [Connection(application, **scope) for _ in range(3)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        assert [await client.next() for client in clients] == [ACCEPT] * 3
        for client in clients:
            client.leave()
        await soon(asyncio.gather(*tasks))

    async def test_a_connection_that_fails_is_not_counted_for_ever(self, settings):
        """Whatever ends a connection gives its place back."""
        settings.WEBSOCKETS_PER_ADDRESS = 1

        async def fails(scope, receive, send):
            raise RuntimeError("a fault")

        application = ConnectionsPerAddress(fails)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="a fault"):
                await Connection(application, client=CLIENT).run()
        assert not application.open


async def test_a_path_that_nobody_knows_is_not_found():
    """The last route closes with 4004 and stays until the client is gone, whatever it says."""
    client = Connection(not_found)
    async with client.running() as task:
        assert await client.next() == closed_with(4004)
        client.say({"type": "websocket.receive", "text": "hello"})
        await settle()
        assert not task.done()
        client.leave()
