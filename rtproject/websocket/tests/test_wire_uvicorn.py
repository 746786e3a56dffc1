"""The wire of uvicorn, on uvicorn's own classes: these tests notice when an upgrade changes what it rests on."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from uvicorn.config import Config
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from rtproject.websocket import wire_uvicorn
from rtproject.websocket.frames import Frame
from rtproject.websocket.tests.helpers import ACCEPT, soon
from rtproject.websocket.wire_uvicorn import UvicornWire, find_uvicorn


class Wires:
    """An ASGI application whose connections are in the hands of the test: `found` has the wire of each."""

    def __init__(self):
        self.found: asyncio.Queue[UvicornWire | None] = asyncio.Queue()
        self.over = asyncio.Event()

    async def __call__(self, scope, receive, send):
        await receive()
        await send(ACCEPT)
        self.found.put_nowait(find_uvicorn(receive, send))
        await self.over.wait()


@asynccontextmanager
async def serving(application):
    """A server's protocol class in this loop, on a port of 127.0.0.1; no compression, as our servers are started."""
    config = Config(application, ws_per_message_deflate=False, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: WebSocketsSansIOProtocol(config, state, {}), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        application.over.set()
        server.close()
        while state.tasks:
            await soon(asyncio.wait(set(state.tasks)))
        await soon(server.wait_closed())


@asynccontextmanager
async def connected():
    """A wire, and the client at its other end, which has little room."""
    application = Wires()
    async with serving(application) as port:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        narrow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
        client = await connect(f"ws://127.0.0.1:{port}", sock=narrow, max_queue=None, max_size=None)
        try:
            yield await soon(application.found.get()), client
        finally:
            client.transport.abort()
            await client.wait_closed()


async def test_it_is_found_on_a_connection_of_uvicorn():
    """All that it needs is there."""
    async with connected() as (wire, _):
        assert isinstance(wire, UvicornWire)


def test_it_is_what_uvicorn_takes_by_itself():
    """Without an option the protocol is the one that we know."""
    assert AutoWebSocketsProtocol is WebSocketsSansIOProtocol


@pytest.mark.parametrize("name", wire_uvicorn.NEEDED)
def test_without_something_that_it_needs_there_is_no_wire(name):
    """A uvicorn that lacks one of them is served through ASGI."""

    class Other:
        def __init__(self):
            for needed in wire_uvicorn.NEEDED:
                if needed != name:
                    setattr(self, needed, None)

        async def send(self, message):
            pass

        async def receive(self):
            pass

    other = Other()
    assert find_uvicorn(other.receive, other.send) is None


async def test_frames_arrive_as_they_were_written():
    """Text and bytes, long and short, between messages that go through ASGI or not."""
    async with connected() as (wire, client):
        contents: list[str | bytes] = ["", "ü", b"", b"\xff", "x" * 70_000]
        for content in contents:
            wire.write(Frame(content).encoded)
        assert [await soon(client.recv()) for _ in contents] == contents


async def test_it_tells_when_the_client_has_to_be_waited_for():
    """A client that does not read is noticed; when it has read on there is room again, and nothing is lost."""
    async with connected() as (wire, client):
        client.transport.pause_reading()
        count = 1
        while wire.write(Frame(b"x" * 65536).encoded):
            count += 1
        waiting = asyncio.create_task(wire.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        client.transport.resume_reading()
        await soon(waiting)
        for _ in range(count):
            assert len(await soon(client.recv())) == 65536
        assert wire.write(Frame("more").encoded)
        assert await soon(client.recv()) == "more"


async def test_an_abort_ends_a_connection_that_does_not_read():
    """Whatever was not sent is given up, and whoever waits for room waits no longer."""
    async with connected() as (wire, client):
        client.transport.pause_reading()
        while wire.write(Frame(b"x" * 65536).encoded):
            pass
        wire.abort()
        await soon(wire.drained())
        client.transport.resume_reading()
        await soon(client.wait_closed())
        assert client.close_code == 1006


async def test_after_the_end_a_write_does_nothing():
    """A frame for a connection that is closed is dropped, and nobody has to wait for it."""
    async with connected() as (wire, client):
        await client.close()
        assert wire.write(Frame("late").encoded)
        await soon(wire.drained())
