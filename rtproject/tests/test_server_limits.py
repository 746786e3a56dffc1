"""The limit of connections per address, and the address of a client, over real sockets."""

import asyncio
import resource
from contextlib import AsyncExitStack
from urllib.request import Request, urlopen

import pytest
from websockets.asyncio.client import unix_connect

from rtproject.tests.support.patched import patched
from rtproject.tests.support.process import TIMEOUT
from rtproject.tests.support.raw import raw_client
from rtproject.tests.support.servers import Daphne, SiteProcess, Uvicorn


async def assert_closed_with(code, client):
    """The connection was accepted to be closed."""
    await asyncio.wait_for(client.wait_closed(), TIMEOUT)
    assert client.close_code == code


async def assert_works(*clients):
    """Each is answered."""
    for client in clients:
        await client.send("hello")
        assert await client.recv() == "Echo: hello"


def forwarded(*addresses):
    """The headers of a client that came through proxies."""
    return {"additional_headers": {"X-Forwarded-For": ", ".join(addresses)}}


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_one_connection_too_many_is_denied_until_another_leaves(start_server, kind):
    """The one over the limit gets 4101, and the others do not notice."""
    server = start_server(kind, WEBSOCKETS_PER_ADDRESS=2)
    async with server.connect("/echo") as first:
        async with server.connect("/unknown") as gone:
            await assert_closed_with(4004, gone)
        await server.wait_for_log("refused with 4004")
        async with server.connect("/echo") as second, server.connect("/echo") as third:
            await assert_closed_with(4101, third)
            await assert_works(first, second)
        await server.wait_for_log("/echo closed with 1000")
        async with server.connect("/echo") as another:
            await assert_works(another)


# Otherwise the connection may be gone before the next one comes.
LONG_TIMEOUT = """
from rtproject.websocket.transport import daphne, send_queue
daphne.ANSWER_SECONDS = send_queue.CLOSE_TIMEOUT = 600
"""


@pytest.mark.parametrize("kind", [patched(Daphne, LONG_TIMEOUT), patched(Uvicorn, LONG_TIMEOUT)])
@pytest.mark.parametrize(("path", "code"), [("/unknown", 4004), ("/ws/VIP", 4003)])
async def test_a_denied_connection_counts_until_it_is_gone(start_server, kind, path, code):
    """Its client does not answer the close, so it takes up the server as any other does."""
    server = start_server(kind, WEBSOCKETS_PER_ADDRESS=1)
    async with raw_client(server, path) as denied:
        assert await denied.next() == code
        async with server.connect("/echo") as another:
            await assert_closed_with(4101, another)


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_behind_a_trusted_proxy_its_entry_counts(start_server, kind):
    """Not what the client wrote before it."""
    server = start_server(kind, WEBSOCKETS_PER_ADDRESS=1, TRUSTED_PROXIES=1)
    async with server.connect("/echo", **forwarded("198.51.100.3", "198.51.100.1")) as first:
        async with server.connect("/echo", **forwarded("198.51.100.3", "198.51.100.2")) as second:
            await assert_works(first, second)
        async with server.connect("/echo", **forwarded("198.51.100.4", "198.51.100.1")) as third:
            await assert_closed_with(4101, third)
    await server.wait_for_log("198.51.100.1 /echo refused with 4101")


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_without_a_trusted_proxy_x_forwarded_for_does_not_count(start_server, kind):
    """The client wrote it. It is logged once a process, also if only pages are requested."""
    server = start_server(kind, WEBSOCKETS_PER_ADDRESS=1)
    request = Request(server.http_url("/rooms/"), headers={"X-Forwarded-For": "198.51.100.1"})
    for _ in range(2):
        with await asyncio.to_thread(urlopen, request, timeout=TIMEOUT) as page:
            assert page.status == 200
    await server.wait_for_log("TRUSTED_PROXIES is 0")
    async with server.connect("/echo", **forwarded("198.51.100.1")) as first:
        await assert_works(first)
        async with server.connect("/echo", **forwarded("198.51.100.2")) as second:
            await assert_closed_with(4101, second)
    await server.wait_for_log("127.0.0.1 /echo refused with 4101")
    assert server.log.count("TRUSTED_PROXIES is 0") == 1


class UnixDaphne(SiteProcess):
    """A Daphne on a Unix socket in the folder of its site, for a proxy on the same machine."""

    command = ("-m", "daphne")

    def __init__(self, site):
        self.socket = site.directory / "socket"
        super().__init__(site, "-u", str(self.socket), "rtproject.asgi:application")

    def connect(self, path, **options):
        """A client that comes through a proxy."""
        return unix_connect(str(self.socket), f"ws://localhost{path}", **options)


async def test_a_unix_socket_is_as_good_as_a_port(start_server, new_site):
    """Codes are visible, and each client has its address, though the server knows no peer."""
    server = start_server(UnixDaphne, site=new_site(WEBSOCKETS_PER_ADDRESS=1, TRUSTED_PROXIES=1))
    async with asyncio.timeout(TIMEOUT):
        while not server.socket.exists():  # noqa: ASYNC110 - Daphne logs no line for it
            await asyncio.sleep(0.01)
    async with server.connect("/unknown", **forwarded("198.51.100.1")) as lost:
        await assert_closed_with(4004, lost)
    async with server.connect("/echo", **forwarded("198.51.100.2")) as client:
        await assert_works(client)
        async with server.connect("/echo", **forwarded("198.51.100.2")) as second:
            await assert_closed_with(4101, second)
    await server.wait_for_log("198.51.100.2 /echo refused with 4101")
    assert "Traceback" not in server.log


async def test_a_line_of_the_log_says_that_files_run_out(start_server):
    """Beyond the limit nobody could connect, without a word; the line comes before."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=0)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (100, 100))
    async with AsyncExitStack() as stack:
        for _ in range(27):
            await stack.enter_async_context(server.connect("/echo"))
        await server.wait_for_log("27 connections are open, and this process may open 100 files")
