"""The echo, denials, origins and logs over real sockets, on Daphne and uvicorn."""

import asyncio
import re

import pytest
from websockets.exceptions import InvalidStatus

from rtproject.tests.support.patched import patched
from rtproject.tests.support.process import TIMEOUT
from rtproject.tests.support.servers import Daphne, Granian, Hypercorn, Uvicorn

ORIGINS = "https://friend.test,http://*.wide.test:9000"
CONTENTS: list[str | bytes] = [
    *("hello", "", "ü🦊\0", b"hello", b"", b"\0\xff", b"\xff" * 126, "x" * 70_000),
    *("x" * 1_000_000, b"x" * 1_000_000),
]
NOT_FOUND = "frames go through ASGI"
WITHOUT_TRANSPORTS = """
import rtproject.websocket.transport.base as base
base.find_daphne = base.find_uvicorn = lambda *_: None
"""


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def server(request, new_site):
    """A server whose limits are off, that trusts some other origins."""
    server = request.param(
        new_site(WEBSOCKETS_PER_ADDRESS=0, ROOMS_PASSWORD_ATTEMPTS=0, CSRF_TRUSTED_ORIGINS=ORIGINS)
    )
    yield server
    server.terminate()


async def assert_echoes(server, path="/echo"):
    """Check echoes of text and bytes, from nothing to 1,000,000 bytes, and of thousands."""
    contents = [*CONTENTS, *map(str, range(3000))]
    async with server.connect(path) as client:
        for content in contents:
            await client.send(content)
        for content in contents:
            expected = f"Echo: {content}" if isinstance(content, str) else b"Echo: " + content
            assert await client.recv() == expected


async def assert_closed_with(code, connecting, subprotocol=None):
    """The connection is accepted and closed without a frame."""
    async with connecting as client:
        assert client.subprotocol == subprotocol
        await asyncio.wait_for(client.wait_closed(), TIMEOUT)
        assert client.close_code == code


async def test_frames_come_back_through_the_transport(server):
    """A server that changed too much for its transport fails here instead of being slower."""
    await assert_echoes(server)
    await assert_echoes(server, "/echo/")
    assert NOT_FOUND not in server.log


async def test_a_connection_that_breaks_is_one_line_of_log(server):
    """There is no traceback, and the server continues."""
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


class TestDenials:
    @pytest.mark.parametrize(
        "path", ["/", "/unknown", "/echo/more", "/echo//", "/ws/", "/ws/a/b", "/%00", "/ü"]
    )
    async def test_an_unknown_path_is_not_found(self, server, path):
        """It closes with 4004, and logs one line that is no traceback."""
        mark = len(server.log)
        await assert_closed_with(4004, server.connect(path))
        await server.wait_for_log("refused with 4004", after=mark)
        assert server.log[mark:].count("refused with 4004") == 1
        assert "Traceback" not in server.log[mark:]

    @pytest.mark.parametrize(
        ("offered", "selected"),
        [(["theirs", "other"], "theirs"), (["theirs", "rtproject.v1"], "rtproject.v1"), (["x%41"], "x%41")],
    )
    async def test_a_subprotocol_is_always_selected(self, server, offered, selected):
        """A browser that offers some would fail the handshake without one, and see no code."""
        mark = len(server.log)
        await assert_closed_with(4004, server.connect("/unknown", subprotocols=offered), selected)
        await server.wait_for_log("refused with 4004", after=mark)  # before the next test counts its own
        for path in ("/echo", "/stats", "/ws/lobby"):
            async with server.connect(path, subprotocols=offered) as client:
                assert client.subprotocol == selected

    async def test_the_code_of_a_room_is_visible(self, server):
        """A wrong password is told by the code on a connection that was accepted for it."""
        await assert_closed_with(4003, server.connect("/ws/VIP", {"pass": "wrong"}))


class TestOrigins:
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
    async def test_a_foreign_page_gets_http_403(self, server, origin):
        """This holds on every path, without a close code."""
        for path in ("/echo", "/ws/lobby", "/stats", "/unknown"):
            with pytest.raises(InvalidStatus) as refused:
                await server.connect(path, origin=origin)
            assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("origin", [None, "https://friend.test", "http://some.wide.test:9000", "own"])
    async def test_programs_and_pages_that_are_trusted_may_connect(self, server, origin):
        """No Origin at all is fine, and so are the site's own and those of CSRF_TRUSTED_ORIGINS."""
        own = f"http://127.0.0.1:{server.port}"
        async with server.connect("/echo", origin=own if origin == "own" else origin) as client:
            await client.send("hello")
            assert await client.recv() == "Echo: hello"


@pytest.mark.parametrize(("path", "name"), [("/ws/VIP", "pass"), ("/echo", "key"), ("/unknown", "name")])
async def test_a_query_string_is_never_logged(server, path, name):
    """It may hold a password or a key."""
    mark = len(server.log)
    async with server.connect(path, {name: "hidden-from-logs"}) as client:
        await client.close()
    await server.wait_for_log(re.compile(f"{path} (closed|refused) with"), after=mark)
    assert "hidden-from-logs" not in server.log


@pytest.mark.parametrize(
    ("kind", "arguments", "last_code"),
    [
        (patched(Daphne, WITHOUT_TRANSPORTS), (), 4200),
        (patched(Uvicorn, WITHOUT_TRANSPORTS), (), 1012),
        (Uvicorn, ("--ws", "websockets", "--lifespan", "off", "--no-access-log"), 1012),
        (Hypercorn, (), 4200),
        (Granian, (), 1006),  # it tells clients nothing at its end
    ],
    ids=["Daphne", "uvicorn", "another protocol of uvicorn", "Hypercorn", "Granian"],
)
async def test_without_a_transport_everything_works(start_server, kind, arguments, last_code):
    """One line of the log says that it is slower."""
    server = start_server(kind, *arguments)
    await assert_echoes(server)
    await assert_closed_with(4004, server.connect("/unknown", {"key": "hidden-from-logs"}))
    await server.wait_for_log("refused with 4004")
    async with server.connect("/ws/lobby") as client:
        while_it_ran = server.log  # Hypercorn logs its own tracebacks at the end
        await server.stop()
        await client.wait_closed()
        assert client.close_code == last_code
    assert while_it_ran.count(NOT_FOUND) == 1
    assert "hidden-from-logs" not in server.log
    assert "Traceback" not in while_it_ran
