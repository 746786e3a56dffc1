"""The transport of uvicorn on uvicorn's own classes, so that an upgrade that breaks it fails here."""

import asyncio
from typing import Any

import pytest
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.transport.uvicorn_pair import connected
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.turns import SLICE
from rtproject.websocket.transport.uvicorn import MOST_FRAGMENTS, READ_SIZE, UvicornTransport, find_uvicorn


async def test_it_is_found_on_a_connection_of_uvicorn():
    """With the protocol that uvicorn takes by default, and only if all it needs is there."""
    async with connected() as (transport, _):
        assert isinstance(transport, UvicornTransport)
    assert AutoWebSocketsProtocol is WebSocketsSansIOProtocol
    protocol: Any = WebSocketsSansIOProtocol.__new__(WebSocketsSansIOProtocol)  # without a transport yet
    assert find_uvicorn(protocol.send) is None


class TestOut:
    @staticmethod
    def fill(transport, client):
        """Write until the client, which does not read, has to be waited for. Returns the number of frames."""
        client.transport.pause_reading()
        written = 1
        while transport.write(Frame(b"x" * 65536).encoded):
            written += 1
        return written

    async def test_a_writer_waits_for_a_client_that_does_not_read(self):
        """When it reads on there is room again, and nothing is lost."""
        async with connected() as (transport, client):
            written = self.fill(transport, client)
            waiting = asyncio.create_task(transport.drained())
            await settle()
            assert not waiting.done()
            client.transport.resume_reading()
            await soon(waiting)
            for _ in range(written):
                assert len(await soon(client.recv())) == 65536
            assert transport.write(Frame("more").encoded)
            assert await soon(client.recv()) == "more"

    async def test_an_abort_ends_a_connection_that_does_not_read(self):
        """Unsent bytes are given up, and writers wait no longer."""
        async with connected() as (transport, client):
            self.fill(transport, client)
            transport.abort()
            await soon(transport.drained())
            client.transport.resume_reading()
            await soon(client.wait_closed())
            assert client.close_code == 1006

    @pytest.mark.parametrize("ours", [True, False])
    async def test_after_a_close_a_write_does_nothing(self, ours):
        """A frame for a closed connection is dropped, and writers do not wait."""
        async with connected() as (transport, client):
            await (transport._protocol.send({"type": "websocket.close"}) if ours else client.close())
            assert transport.write(Frame(b"x" * 2**23).encoded)
            assert transport.waiting() == 0
            await soon(transport.drained())


def encode(first, payload=b""):
    """A client's short frame."""
    return bytes([first, 0x80 | len(payload)]) + bytes(4) + payload


def arrive(transport, payload):
    """Hand over a client's frame as asyncio does."""
    data = encode(0x82, payload)
    transport.get_buffer(-1)[: len(data)] = data
    transport.buffer_updated(len(data))


def received(payload):
    """The ASGI message of a binary frame."""
    return {"type": "websocket.receive", "bytes": payload}


class TestIn:
    async def test_little_is_read_at_a_time(self):
        """No more messages wait than fit into one read: an empty one takes memory too."""
        empty = b"\x82\x80" + bytes(4)
        async with connected() as (transport, client):
            client.transport.write(empty * 40_000)
            assert await soon(transport.receive()) == received(b"")
            assert transport._protocol.queue.qsize() < READ_SIZE // len(empty)

    async def test_reading_stops_behind_a_message_that_waits(self):
        """Not for the message itself; what was read behind it comes after it."""
        async with connected() as (transport, _):
            arrive(transport, b"one")
            assert transport._protocol.transport.is_reading()
            arrive(transport, b"two")
            assert not transport._protocol.transport.is_reading()
            assert [await soon(transport.receive()) for _ in range(2)] == [received(b"one"), received(b"two")]
            receiving = asyncio.create_task(transport.receive())
            await settle()
            assert transport._protocol.transport.is_reading()
            receiving.cancel()

    async def test_a_slice_is_parsed_at_a_time_and_nothing_is_lost(self):
        """Pings are answered and messages queued in order; the client sends no pong for as long as it sends this."""
        total = 10 * SLICE
        async with connected() as (transport, client):
            protocol = transport._protocol
            protocol.send_keepalive_ping()
            frames = [encode(0x89) + encode(0x82, b"%d" % number) for number in range(total)]
            client.transport.write(b"".join(frames))
            assert await soon(transport.receive()) == received(b"0")
            assert protocol.queue.qsize() < SLICE
            assert not protocol.transport.is_reading()
            assert protocol.pong_timer is None
            for number in range(1, total):
                assert await soon(transport.receive()) == received(b"%d" % number)

    async def test_a_message_of_countless_fragments_ends_the_connection(self):
        """Empty fragments take memory too, and no limit of sizes counts them."""
        async with connected() as (_, client):
            begin, more = b"\x02\x80" + bytes(4), b"\x00\x80" + bytes(4)
            client.transport.write(begin + more * MOST_FRAGMENTS)
            await soon(client.wait_closed())
            assert client.close_code == 1006

    @pytest.mark.parametrize("end", ["abort", "write_eof"])
    async def test_the_end_of_the_client_is_a_disconnect(self, end):
        """Reset or closed."""
        async with connected() as (transport, client):
            getattr(client.transport, end)()
            assert (await soon(transport.receive()))["type"] == "websocket.disconnect"

    async def test_after_our_close_nothing_is_received_until_the_client_is_gone(self):
        """Neither what it still sends, nor uvicorn's early disconnect."""
        async with connected() as (transport, client):
            client.transport.pause_reading()
            await transport._protocol.send({"type": "websocket.close", "code": 4008})
            await client.send(b"late")
            receiving = asyncio.create_task(transport.receive())
            await settle()
            assert not receiving.done()
            client.transport.abort()
            end = await soon(receiving)
            assert (end["type"], end["code"]) == ("websocket.disconnect", 4008)

    async def test_nothing_is_received_while_the_client_does_not_read(self):
        """An answer would only wait for it as well."""
        async with connected() as (transport, _):
            arrive(transport, b"one")
            transport.pause_writing()
            receiving = asyncio.create_task(transport.receive())
            await settle()
            assert not receiving.done()
            transport.resume_writing()
            assert await soon(receiving) == received(b"one")

    async def test_a_message_under_way_is_received_and_nothing_is_read_after_it(self):
        """It may come just before the client stops to read."""
        async with connected() as (transport, client):
            receiving = asyncio.create_task(transport.receive())
            await settle()
            arrive(transport, b"one")
            transport.pause_writing()
            assert await soon(receiving) == received(b"one")
            assert not transport._protocol.transport.is_reading()
            transport.resume_writing()
            await client.send(b"two")
            assert await soon(transport.receive()) == received(b"two")

    async def test_while_a_message_waits_nothing_more_is_read(self):
        """Room to write is no reason to read more than is handled."""
        async with connected() as (transport, client):
            arrive(transport, b"one")
            transport.pause_writing()
            transport.resume_writing()
            assert not transport._protocol.transport.is_reading()
            await client.send(b"two")
            assert [await soon(transport.receive()) for _ in range(2)] == [received(b"one"), received(b"two")]
