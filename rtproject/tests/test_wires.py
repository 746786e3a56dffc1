"""Whether what lies under an ASGI `send` is found on real servers, and what is when it is not."""

import asyncio
import json

import pytest

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.patched import patched
from rtproject.tests.support.raw import raw_client
from rtproject.tests.support.servers import Daphne, Uvicorn

NOT_FOUND = "frames go through ASGI"
NO_WIRES = """
import rtproject.websocket.transport.base as wire
wire.find_daphne = wire.find_uvicorn = lambda *_: None
"""
CONTENTS: list[str | bytes] = ["hello", "", "ü🦊", b"", b"\xff" * 126, "x" * 70_000, b"x" * 900_000]


async def assert_echoes(server):
    """Frames of all forms come back, in order."""
    async with server.connect("/echo") as client:
        for content in CONTENTS:
            await client.send(content)
        for content in CONTENTS:
            expected = f"Echo: {content}" if isinstance(content, str) else b"Echo: " + content
            assert await client.recv() == expected


async def assert_talks(server):
    """Members of a room hear each other, beside one that does not read."""
    async with (
        server.connect("/ws/room") as speaker,
        server.connect("/ws/room") as subscriber,
        raw_client(server, "/ws/room"),
    ):
        for client in (speaker, subscriber):
            assert json.loads(await next_frame(client))["type"] == "welcome"
        for number in range(100):
            await speaker.send(str(number))
            for client in (speaker, subscriber):
                assert json.loads(await next_frame(client))["text"] == str(number)


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_it_is_found(start_server, kind):
    """An upgrade of the server that changes what our wire rests on fails here, instead of costing speed in silence."""
    server = start_server(kind, ROOMS_MESSAGE_RATE=0)
    await assert_echoes(server)
    await assert_talks(server)
    assert NOT_FOUND not in server.log


@pytest.mark.parametrize("kind", [patched(Daphne, NO_WIRES), patched(Uvicorn, NO_WIRES)])
async def test_without_it_everything_works(start_server, kind):
    """It is slower, which one line of the log says; frames, refusals and the end are the same."""
    server = start_server(kind, ROOMS_MESSAGE_RATE=0)
    await assert_echoes(server)
    await assert_talks(server)
    async with server.connect("/nowhere") as refused:
        await refused.wait_closed()
        assert refused.close_code == 4004
    assert server.log.count(NOT_FOUND) == 1
    async with server.connect("/echo") as client:
        ending = asyncio.create_task(server.stop())
        await client.wait_closed()
        assert client.close_code in (4200, 1012)
    await ending
    assert "Traceback" not in server.log


async def test_another_protocol_of_uvicorn_is_good_enough(start_server):
    """An operator may choose one that we know nothing of."""
    server = start_server(Uvicorn, "--ws", "websockets", ROOMS_MESSAGE_RATE=0)
    await assert_echoes(server)
    await assert_talks(server)
    assert server.log.count(NOT_FOUND) == 1
