"""Clients that send more than is handled, over real sockets: they are read no further, and everybody else is served."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.frames import Opcode

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.patched import patched
from rtproject.tests.support.process import MIB, Memory
from rtproject.tests.support.raw import frame, raw_client
from rtproject.tests.support.servers import Daphne, Uvicorn

MOST_MEMORY = 6 * MIB
TOTAL = 64 * MIB  # of a flood, on the wire
CALM = 50  # answers to another client during which a flood did not move: it has come to a halt

# An echo whose handler takes its time with bytes, until somebody says "go".
SLOW_ECHO = """
import asyncio
from echo.consumers import EchoConsumer

gate = asyncio.Event()
receive = EchoConsumer.receive

async def slow_receive(self, text_data=None, bytes_data=None):
    if text_data == "go":
        gate.set()
    if bytes_data is not None:
        await gate.wait()
    await receive(self, text_data, bytes_data)

EchoConsumer.receive = slow_receive
"""

SHAPES = {
    "long frames": frame(b"x" * 65536),
    "short frames": frame(b"x") * 9000,
    "empty frames": frame(b"") * 10000,
    "pings": frame(b"x" * 125, Opcode.PING) * 500,
}
slow_kinds = pytest.mark.parametrize("kind", [patched(Daphne, SLOW_ECHO), patched(Uvicorn, SLOW_ECHO)])
kinds = pytest.mark.parametrize("kind", [Daphne, Uvicorn])


@asynccontextmanager
async def flooding(client, data):
    """Sends `data` again and again beside the test, until it comes to TOTAL bytes or the connection ends."""

    async def flood():
        with suppress(OSError):
            await client.send_frames([data] * (TOTAL // len(data)))

    task = asyncio.create_task(flood())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def serve_meanwhile(other, flooder, memory):
    """Another client is answered again and again, until the flood has come to a halt."""
    calm, sent = 0, -1
    while calm < CALM:
        await other.send("still there?")
        assert await other.recv() == "Echo: still there?"
        memory.sample()
        calm, sent = (calm + 1, sent) if flooder.sent == sent else (0, flooder.sent)


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES.keys())
@kinds
async def test_who_does_not_read_its_echo_is_not_read(start_server, kind, data):
    """Answers that nobody reads fill no memory: whatever is sent, the server stops reading, or ends it as too slow."""
    server = start_server(kind)
    async with server.connect("/echo") as other, raw_client(server, "/echo", narrow=True) as deaf:
        memory = Memory(server.pid)
        async with flooding(deaf, data):
            await serve_meanwhile(other, deaf, memory)
        assert deaf.sent < TOTAL / 2
        assert memory.peak < MOST_MEMORY


@pytest.mark.parametrize("shape", ["long frames", "short frames", "empty frames"])
@slow_kinds
async def test_who_is_faster_than_the_handler_is_not_read(start_server, kind, shape):
    """What waits for a slow handler is bounded, whatever its form."""
    server = start_server(kind)
    async with server.connect("/echo") as other, raw_client(server, "/echo") as flooder:
        memory = Memory(server.pid)
        async with flooding(flooder, SHAPES[shape]) as flood:
            await serve_meanwhile(other, flooder, memory)
            halted = not flood.done()
        await other.send("go")  # uvicorn ends only when all handlers have
        assert await other.recv() == "Echo: go"
        assert halted
        assert flooder.sent < TOTAL / 2
        assert memory.peak < MOST_MEMORY


@slow_kinds
async def test_a_flood_is_read_on_when_there_is_time(start_server, kind):
    """Nothing of it is lost, and its order is kept, however often reading was stopped."""
    payloads = [b"%d " % number + b"x" * 65536 for number in range(500)]
    server = start_server(kind)
    async with server.connect("/echo") as other, raw_client(server, "/echo") as flooder:
        memory = Memory(server.pid)
        sending = asyncio.create_task(flooder.send(*payloads))
        await serve_meanwhile(other, flooder, memory)
        assert not sending.done()
        await other.send("go")
        assert [await flooder.next() for _ in payloads] == [b"Echo: " + payload for payload in payloads]
        await sending
        memory.sample()
        assert memory.peak < MOST_MEMORY


@kinds
async def test_a_room_takes_a_flood_at_its_own_pace(start_server, kind):
    """Every message of somebody who says a lot at once is said, in order, and to everybody."""
    texts = [f"{number} ".ljust(1000, "x").encode() for number in range(5000)]
    server = start_server(kind, ROOMS_MESSAGE_RATE=0)
    async with server.connect("/ws/room") as subscriber, raw_client(server, "/ws/room") as speaker:
        await next_frame(subscriber)
        await speaker.next()
        memory = Memory(server.pid)
        new_message = asyncio.create_task(speaker.send_frames([frame(text, Opcode.TEXT) for text in texts]))
        for text in texts:
            needle = b'"' + text + b'"'
            assert needle in str(await next_frame(subscriber)).encode()
            own = await speaker.next()
            assert isinstance(own, bytes)
            assert needle in own
        await new_message
        memory.sample()
        assert memory.peak < MOST_MEMORY
