"""The wire of uvicorn, on uvicorn's own classes: these tests notice when an upgrade changes what it rests on."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rtproject.websocket.tests.helpers import soon
from rtproject.websocket.tests.transport.uvicorn_pair import connected
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.uvicorn import UvicornTransport, find_uvicorn


async def test_it_is_found_on_a_connection_of_uvicorn():
    """All that it needs is there."""
    async with connected() as (wire, _):
        assert isinstance(wire, UvicornTransport)


def test_it_is_what_uvicorn_takes_by_itself():
    """Without an option the protocol is the one that we know."""
    assert AutoWebSocketsProtocol is WebSocketsSansIOProtocol


async def test_without_something_that_it_needs_there_is_no_wire():
    """A uvicorn that lacks anything of it is served through ASGI."""
    protocol: Any = WebSocketsSansIOProtocol.__new__(WebSocketsSansIOProtocol)  # which has no transport yet
    assert find_uvicorn(protocol.send) is None


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
