"""What a uvicorn does with this project that Daphne does not."""

import asyncio
import signal

import pytest

from rtproject.tests.support.servers import Uvicorn


async def test_its_own_code_says_goodbye(start_server):
    """uvicorn closes the sockets itself, with 1012, which clients take for 4200; nothing is left undone."""
    server = start_server(Uvicorn)
    clients = [await server.connect(path) for path in ("/echo", "/ws/lobby", "/stats")]
    ending = asyncio.create_task(server.stop())
    for client in clients:
        await client.wait_closed()
        assert client.close_code == 1012
    assert await ending in (0, -signal.SIGTERM)
    assert "Traceback" not in server.log
    assert "Task was destroyed" not in server.log


@pytest.mark.parametrize("arguments", [(), ("--no-access-log",), ("--lifespan", "off")])
async def test_the_options_of_an_operator_change_nothing(start_server, arguments):
    """With or without its access log and lifespan events it serves, and logs no query."""
    server = start_server(Uvicorn, *arguments)
    async with server.connect("/echo", {"key": "hidden-from-logs"}) as client:
        await client.send("hello")
        assert await client.recv() == "Echo: hello"
    await server.wait_for_log("/echo closed with 1000")
    await server.stop()
    assert "hidden-from-logs" not in server.log
