"""A connection of uvicorn inside the test's own loop."""

import asyncio
import socket
from contextlib import asynccontextmanager

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from rtproject.websocket.tests.helpers import ACCEPT, soon
from rtproject.websocket.transport.uvicorn import UvicornTransport, find_uvicorn


class Transports:
    """An ASGI application that keeps its connections open: `found` has the transport of each."""

    def __init__(self):
        self.found: asyncio.Queue[UvicornTransport | None] = asyncio.Queue()
        self.over = asyncio.Event()

    async def __call__(self, scope, receive, send):
        await receive()
        await send(ACCEPT)
        self.found.put_nowait(find_uvicorn(send))
        await self.over.wait()


@asynccontextmanager
async def serving(application):
    """Serve on a port of 127.0.0.1, without compression, as our servers are started."""
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
    """A transport, and the client at its other end, whose buffer is small."""
    application = Transports()
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
