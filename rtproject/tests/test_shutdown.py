"""The end of a server: every client is told, and it is no failure."""

import asyncio
import signal

import pytest

from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne, Uvicorn


async def close_codes(*clients):
    """The codes that the server closes the clients with."""
    await asyncio.gather(*(client.wait_closed() for client in clients))
    return [client.close_code for client in clients]


def assert_clean(server):
    """Nothing in the log says that work was cut off."""
    for complaint in ("Traceback", "Task was destroyed", "never awaited"):
        assert complaint not in server.log


@pytest.mark.parametrize(("kind", "code"), [(Daphne, 4200), (Uvicorn, 1012)])
async def test_every_client_is_told(start_server, kind, code):
    """uvicorn closes the sockets itself, with 1012, which clients treat like 4200."""
    server = start_server(kind)
    clients = [await server.connect(path) for path in ["/echo", "/ws/lobby", "/stats"] * 3]
    ending = asyncio.create_task(server.stop())
    assert await close_codes(*clients) == [code] * len(clients)
    assert await ending in ((0,) if kind is Daphne else (0, -signal.SIGTERM))
    assert_clean(server)


async def test_hundreds_of_all_ages_are_told(start_server):
    """Clients that have just come make Daphne forget all others."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=0)
    clients = [await server.connect("/ws/lobby")]  # the first one waits for more than the others
    clients += await asyncio.gather(*(server.connect("/ws/lobby") for _ in range(249)))
    clients += await asyncio.gather(*(server.connect("/echo") for _ in range(50)))
    ending = asyncio.create_task(server.stop())
    assert await close_codes(*clients) == [4200] * 300
    assert await ending == 0
    assert_clean(server)


async def test_a_client_that_does_not_read_delays_nothing(start_server):
    """The other clients are told, and the server ends."""
    server = start_server()
    slow = await server.connect("/echo")
    slow.transport.pause_reading()
    async with server.connect("/echo") as other:
        ending = asyncio.create_task(server.stop())
        assert await close_codes(other) == [4200]
    assert await ending == 0
    slow.transport.abort()
    await slow.wait_closed()


async def test_a_thread_that_hangs_does_not_keep_the_process(start_server):
    """As one may in a database: Python itself would wait for it."""
    hanging = "import threading, time; threading.Thread(target=time.sleep, args=(3600,)).start()"
    server = start_server(patched(Daphne, hanging))
    async with server.connect("/echo") as client:
        ending = asyncio.create_task(server.stop())
        assert await close_codes(client) == [4200]
    assert await ending == 0
