"""What the wire of uvicorn reads: little at a time, and nothing while its client has to be waited for."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.transport.uvicorn_pair import connected
from rtproject.websocket.transport.uvicorn import MOST_FRAGMENTS, READ_SIZE


async def test_little_is_read_at_a_time():
    """However much has come, no more messages wait than fit into one read: one of no length takes memory too."""
    empty = b"\x82\x80" + bytes(4)
    async with connected() as (wire, client):
        client.transport.write(empty * 40_000)
        assert await soon(wire.receive()) == {"type": "websocket.receive", "bytes": b""}
        assert wire._protocol.queue.qsize() < READ_SIZE // len(empty)


async def test_a_message_of_countless_fragments_ends_the_connection():
    """Fragments of no length take memory too, and no limit of sizes sees them."""
    async with connected() as (_, client):
        begin, more = b"\x02\x80" + bytes(4), b"\x00\x80" + bytes(4)
        client.transport.write(begin + more * MOST_FRAGMENTS)
        await soon(client.wait_closed())
        assert client.close_code == 1006


@pytest.mark.parametrize("end", ["abort", "write_eof"])
async def test_the_end_of_the_client_is_heard_of(end):
    """Reset or closed: the application receives its disconnect, from a wire that stands in between."""
    async with connected() as (wire, client):
        getattr(client.transport, end)()
        assert (await soon(wire.receive()))["type"] == "websocket.disconnect"


def arrive(wire, payload):
    """Bytes come in as they do from a transport."""
    data = b"\x82" + bytes([0x80 | len(payload)]) + bytes(4) + payload
    wire.get_buffer(-1)[: len(data)] = data
    wire.buffer_updated(len(data))


def received(payload):
    """The ASGI message of a binary frame."""
    return {"type": "websocket.receive", "bytes": payload}


async def test_nothing_is_received_while_the_client_has_to_be_waited_for():
    """An answer would only wait for it as well."""
    async with connected() as (wire, _):
        arrive(wire, b"one")
        wire.pause_writing()
        receiving = asyncio.create_task(wire.receive())
        await settle()
        assert not receiving.done()
        wire.resume_writing()
        assert await soon(receiving) == received(b"one")


async def test_what_was_under_way_is_received_and_nothing_is_read_after_it():
    """A message may come just before the client stops to read."""
    async with connected() as (wire, client):
        receiving = asyncio.create_task(wire.receive())
        await settle()
        arrive(wire, b"one")
        wire.pause_writing()
        assert await soon(receiving) == received(b"one")
        assert not wire._protocol.transport.is_reading()
        wire.resume_writing()
        await client.send(b"two")
        assert await soon(wire.receive()) == received(b"two")


async def test_a_message_that_waits_keeps_what_follows_outside():
    """Room to write is no reason to read more than is handled."""
    async with connected() as (wire, client):
        arrive(wire, b"one")
        wire.pause_writing()
        wire.resume_writing()
        assert not wire._protocol.transport.is_reading()
        await client.send(b"two")
        assert [await soon(wire.receive()) for _ in range(2)] == [received(b"one"), received(b"two")]
