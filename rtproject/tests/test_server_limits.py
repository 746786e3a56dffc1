"""What a server grants one address, and whom it takes for the client, over real sockets."""

import asyncio
import re
from contextlib import AsyncExitStack
from urllib.request import Request, urlopen

import pytest
from websockets.asyncio.client import unix_connect

from rtproject.tests.support.process import TIMEOUT
from rtproject.tests.support.raw import raw_client
from rtproject.tests.support.servers import Daphne, SiteProcess, Uvicorn


async def refused_with(client):
    """The code that an accepted connection was closed with at once."""
    await client.wait_closed()
    return client.close_code


async def assert_works(client):
    """A connection that was let in is answered."""
    await client.send("hello")
    assert await client.recv() == "Echo: hello"


def forwarded(*addresses):
    """What a client sends that came through proxies."""
    return {"additional_headers": {"X-Forwarded-For": ", ".join(addresses)}}


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_one_connection_too_many_waits_for_another_to_leave(start_server, kind):
    """The one over the limit gets 4101; the others do not notice, and who leaves makes room."""
    server = start_server(kind, WEBSOCKETS_PER_ADDRESS=2)
    async with server.connect("/echo") as first:
        async with server.connect("/nowhere/else/") as gone:
            assert await refused_with(gone) == 4004
        await server.wait_for_log("refused with 4004")
        async with server.connect("/echo") as second:
            await assert_works(second)
            async with server.connect("/echo") as third:
                assert await refused_with(third) == 4101
            await assert_works(first)
            await assert_works(second)
        await server.wait_for_log("/echo closed with 1000")
        async with server.connect("/echo") as another:
            await assert_works(another)


async def test_who_is_refused_counts_until_it_is_gone(start_server):
    """ConnectionDenied connections are open ones: an address that never answers their close gets no more of them."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=1)
    async with raw_client(server, "/nowhere") as refused:
        assert await refused.next() == 4004
        async with server.connect("/nowhere") as second:
            assert await refused_with(second) == 4101


async def test_no_limit_is_no_limit(start_server):
    """0 turns it off: one address opens more than the default allows."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=0)
    async with AsyncExitStack() as stack:
        for _ in range(201):
            last = await stack.enter_async_context(server.connect("/echo"))
        await assert_works(last)


async def test_without_proxies_of_ours_nobody_is_believed(start_server):
    """X-Forwarded-For is whatever the client wrote: it makes nobody another address, and is told of once."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=1)
    async with server.connect("/echo", **forwarded("198.51.100.1")) as first:
        await assert_works(first)
        async with server.connect("/echo", **forwarded("198.51.100.2")) as second:
            assert await refused_with(second) == 4101
    await server.wait_for_log("127.0.0.1 /echo refused with 4101")
    assert server.log.count("TRUSTED_PROXIES is 0") == 1


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_a_page_tells_of_an_undeclared_proxy_too(start_server, kind):
    """Whatever request brings it first: once a process, also if nobody ever opens a WebSocket or posts anything."""
    server = start_server(kind)
    request = Request(server.http_url("/rooms/"), headers={"X-Forwarded-For": "198.51.100.1"})
    for _ in range(2):
        with await asyncio.to_thread(urlopen, request, timeout=TIMEOUT) as page:
            assert page.status == 200
    await server.wait_for_log("TRUSTED_PROXIES is 0")
    async with server.connect("/nowhere", **forwarded("198.51.100.1")) as client:
        assert await refused_with(client) == 4004
    await server.wait_for_log("refused with 4004")
    assert server.log.count("TRUSTED_PROXIES is 0") == 1


async def test_behind_a_proxy_of_ours_each_client_is_one(start_server):
    """The rightmost entry is the client's; what stands to the left of it was written by the client."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=1, TRUSTED_PROXIES=1)
    async with server.connect("/echo", **forwarded("198.51.100.1")) as first:
        async with server.connect("/echo", **forwarded("198.51.100.2")) as second:
            await assert_works(first)
            await assert_works(second)
        async with server.connect("/echo", **forwarded("203.0.113.9", "198.51.100.1")) as forger:
            assert await refused_with(forger) == 4101
    await server.wait_for_log(re.compile(r"198\.51\.100\.1 /echo refused with 4101"))


class UnixDaphne(SiteProcess):
    """A Daphne on a Unix socket in the folder of its site, as a proxy on the same machine would use it."""

    command = ("-m", "daphne")

    def __init__(self, site):
        self.socket = site.directory / "socket"
        super().__init__(site, "-u", str(self.socket), "rtproject.asgi:application")

    async def listens(self):
        """Returns once the socket is there: Daphne has no line of log for it."""
        async with asyncio.timeout(TIMEOUT):
            while not self.socket.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def connect(self, path, **options):
        """A client that comes through a proxy."""
        return unix_connect(str(self.socket), f"ws://localhost{path}", **options)


async def test_a_unix_socket_is_as_good_as_a_port(start_server, new_site):
    """Behind a proxy on a Unix socket codes are visible and each client is one, though the server knows no peer."""
    server = start_server(UnixDaphne, site=new_site(WEBSOCKETS_PER_ADDRESS=1, TRUSTED_PROXIES=1))
    await server.listens()
    async with server.connect("/nowhere", **forwarded("198.51.100.1")) as lost:
        assert await refused_with(lost) == 4004
    async with server.connect("/echo", **forwarded("198.51.100.2")) as client:
        await assert_works(client)
        async with server.connect("/echo", **forwarded("198.51.100.2")) as second:
            assert await refused_with(second) == 4101
    await server.wait_for_log("198.51.100.2 /echo refused with 4101")
    assert "Traceback" not in server.log
