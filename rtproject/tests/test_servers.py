"""The contract's sections 2 and 3 over real sockets, on both servers that it is tested on."""

import re

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rtproject.tests.support.servers import Daphne, Uvicorn

ORIGINS = "https://friend.test,http://*.wide.test:9000"


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request, new_site):
    """A server whose limits are off, that trusts some other origins."""
    server = request.param(
        new_site(WEBSOCKETS_PER_ADDRESS=0, ROOMS_PASSWORD_ATTEMPTS=0, CSRF_TRUSTED_ORIGINS=ORIGINS)
    )
    yield server
    server.terminate()


async def close_code(connecting):
    """The code that a connection is closed with, after a handshake that worked and without a single frame."""
    async with connecting as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        return client.close_code


class TestEcho:
    @pytest.mark.parametrize("path", ["/echo", "/echo/"])
    @pytest.mark.parametrize("frame", ["hello", "", "ü🦊\0", b"hello", b"", b"\0\xff"])
    async def test_a_frame_comes_back(self, server, path, frame):
        """Text as text and bytes as bytes, also the empty ones, with or without a slash at the end."""
        async with server.connect(path) as client:
            await client.send(frame)
            expected = f"Echo: {frame}" if isinstance(frame, str) else b"Echo: " + frame
            assert await client.recv() == expected

    @pytest.mark.parametrize("kind", [str, bytes])
    async def test_a_million_come_back(self, server, kind):
        """A frame of 1,000,000 bytes is not too long."""
        frame = "x" * 1_000_000 if kind is str else b"x" * 1_000_000
        async with server.connect("/echo") as client:
            await client.send(frame)
            assert len(await client.recv()) == 1_000_006

    async def test_thousands_in_a_row_come_back_in_order(self, server):
        """A client need not wait for an answer before it says more."""
        async with server.connect("/echo") as client:
            for number in range(5000):
                await client.send(str(number))
            assert [await client.recv() for _ in range(5000)] == [f"Echo: {n}" for n in range(5000)]

    async def test_a_client_that_vanishes_is_one_line_of_log(self, server):
        """A connection that just breaks is logged once, without a traceback, and the server goes on."""
        mark = len(server.log)
        client = await server.connect("/echo")
        await client.send("hello")
        client.transport.abort()
        await client.wait_closed()
        ended = re.compile(r" INFO .* /echo/? closed with (1005|1006)")  # uvicorn knows no 1006
        await server.wait_for_log(ended, after=mark)
        async with server.connect("/echo") as other:
            await other.send("still there?")
            assert await other.recv() == "Echo: still there?"
        assert len(ended.findall(server.log, mark)) == 1
        assert "Traceback" not in server.log[mark:]


class TestRefusals:
    @pytest.mark.parametrize(
        "path", ["/", "/nowhere", "/echo/more", "/echo//", "/ws", "/ws/", "/ws/a/b", "/%00", "/ü"]
    )
    async def test_an_unknown_path_is_not_found(self, server, path):
        """Whatever no endpoint answers to closes with 4004, and logs one line that is no traceback."""
        mark = len(server.log)
        assert await close_code(server.connect(path)) == 4004
        await server.wait_for_log("refused with 4004", after=mark)
        assert server.log[mark:].count("refused with 4004") == 1
        assert "Traceback" not in server.log[mark:]

    @pytest.mark.parametrize(
        ("offered", "selected"),
        [(None, None), (["theirs", "other"], "theirs"), (["theirs", "rtproject.v1"], "rtproject.v1")],
    )
    async def test_a_refusal_selects_one_of_the_subprotocols(self, server, offered, selected):
        """A browser that offers some fails the handshake if none is selected, and would not see the code."""
        mark = len(server.log)
        async with server.connect("/nowhere", subprotocols=offered) as client:
            assert client.subprotocol == selected
            await client.wait_closed()
            assert client.close_code == 4004
        await server.wait_for_log("refused with 4004", after=mark)  # or the next test takes it for its own

    async def test_the_code_of_a_room_is_visible(self, server):
        """A wrong password is told by the code on a connection that was accepted for it."""
        assert await close_code(server.connect("/ws/VIP", {"pass": "wrong"})) == 4003


class TestOrigins:
    @staticmethod
    def own(server, host="127.0.0.1"):
        """The origin of this server's own pages."""
        return f"http://{host}:{server.port}"

    @pytest.mark.parametrize("path", ["/echo", "/ws/lobby", "/stats", "/nowhere"])
    @pytest.mark.parametrize(
        "origin",
        [
            "null",
            "http://elsewhere.test",
            "http://127.0.0.1:1",
            "http://127.0.0.1",
            "https://friend.test:8443",
        ],
    )
    async def test_a_foreign_page_is_answered_http_403(self, server, path, origin):
        """It is never accepted, whatever it asks for, and learns no close code."""
        with pytest.raises(InvalidStatus) as refused:
            await server.connect(path, origin=origin)
        assert refused.value.response.status_code == 403

    async def test_another_name_of_this_machine_is_another_origin(self, server):
        """A page of localhost may not connect to 127.0.0.1: the Host must be the page's own."""
        with pytest.raises(InvalidStatus, match="403"):
            await server.connect("/echo", origin=self.own(server, "localhost"))

    @pytest.mark.parametrize("origin", [None, "https://friend.test", "http://some.wide.test:9000"])
    async def test_programs_and_trusted_origins_may_connect(self, server, origin):
        """No Origin at all is fine, and so are those of CSRF_TRUSTED_ORIGINS."""
        async with server.connect("/echo", origin=origin) as client:
            await client.send("hello")
            assert await client.recv() == "Echo: hello"

    async def test_a_page_of_this_server_may_connect(self, server):
        """Its Origin is the Host that it connects to, with the port."""
        async with server.connect("/echo", origin=self.own(server)) as client:
            await client.send("hello")
            assert await client.recv() == "Echo: hello"


@pytest.mark.parametrize(("path", "name"), [("/ws/VIP", "pass"), ("/echo", "key"), ("/nowhere", "name")])
async def test_a_query_string_is_never_logged(server, path, name):
    """It may hold a password or a key, so no line of the log has it, whatever comes of the connection."""
    mark = len(server.log)
    async with server.connect(path, {name: "hidden-from-logs"}) as client:
        await client.close()
    await server.wait_for_log(re.compile(f"{path} (closed|refused) with"), after=mark)
    assert "hidden-from-logs" not in server.log
