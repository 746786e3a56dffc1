"""Clients that send more than is handled: reading stops, and all others are served."""

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
TOTAL = 64 * MIB  # of a flood
CALM = 50  # answers to another client during which a flood did not move: it has come to a halt

# An echo whose handler waits with bytes after a client says "halt", until one says "go".
SLOW_ECHO = """
import asyncio
from echo.consumers import EchoConsumer

gate = asyncio.Event()
say = {"go": gate.set, "halt": gate.clear}
receive = EchoConsumer.receive

async def slow_receive(self, text_data=None, bytes_data=None):
    if text_data in say:
        say[text_data]()
    if bytes_data is not None:
        await gate.wait()
    await receive(self, text_data, bytes_data)

EchoConsumer.receive = slow_receive
"""

# An echo that counts bytes, tells a text "how many?", and on any other text stops the process until that file is there.
COUNTING_ECHO = """
import os, time
from echo.consumers import EchoConsumer

counted = 0
receive = EchoConsumer.receive

async def counting_receive(self, text_data=None, bytes_data=None):
    global counted
    if bytes_data is not None:
        counted += 1
    elif text_data == "how many?":
        text_data = str(counted)
    else:
        print("the process waits", flush=True)
        while not os.path.exists(text_data):
            time.sleep(0.01)
    await receive(self, text_data, bytes_data)

EchoConsumer.receive = counting_receive
"""

SHAPES = {
    "long frames": frame(b"x" * 65536),
    "short frames": frame(b"x") * 9000,
    "empty frames": frame(b"") * 10000,
    "pings": frame(b"x" * 125, Opcode.PING) * 500,
}


def starting(*kinds, **settings):
    """Make a fixture of a server of each kind, for all tests of the module."""

    @pytest.fixture(scope="module", params=kinds)
    def start(request, new_site):
        started = request.param(new_site(**settings))
        yield started
        started.terminate()

    return start


server = starting(Daphne, Uvicorn, ROOMS_MESSAGE_RATE=0)
slow_server = starting(patched(Daphne, SLOW_ECHO), patched(Uvicorn, SLOW_ECHO))


@pytest.fixture
async def other(slow_server):
    """Another client of the slow server; in the end no handler waits."""
    async with slow_server.connect("/echo") as client:
        await client.send("halt")
        assert await client.recv() == "Echo: halt"
        yield client
        await client.send("go")  # uvicorn ends only when all handlers have
        assert await client.recv() == "Echo: go"


@asynccontextmanager
async def flooding(client, data):
    """Send `data` repeatedly beside the test, up to TOTAL bytes or the end of the connection."""

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
    """Check that another client is answered until the flood has come to a halt."""
    calm, sent = 0, -1
    while calm < CALM:
        await other.send("still there?")
        assert await other.recv() == "Echo: still there?"
        memory.sample()
        calm, sent = (calm + 1, sent) if flooder.sent == sent else (0, flooder.sent)


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES.keys())
async def test_a_client_that_does_not_read_its_echo_is_not_read(server, data):
    """Unread answers fill no memory: the server stops reading, or closes with 4102."""
    async with server.connect("/echo") as other, raw_client(server, "/echo", narrow=True) as slow:
        memory = Memory(server.pid)
        async with flooding(slow, data):
            await serve_meanwhile(other, slow, memory)
        assert slow.sent < TOTAL / 2
        assert memory.peak < MOST_MEMORY


@pytest.mark.parametrize("shape", ["long frames", "short frames", "empty frames"])
async def test_a_client_that_is_faster_than_its_handler_is_not_read(slow_server, other, shape):
    """Messages that wait for a slow handler are bounded, whatever their form."""
    async with raw_client(slow_server, "/echo") as flooder:
        memory = Memory(slow_server.pid)
        async with flooding(flooder, SHAPES[shape]) as flood:
            await serve_meanwhile(other, flooder, memory)
            assert not flood.done()
        assert flooder.sent < TOTAL / 2
        assert memory.peak < MOST_MEMORY


async def test_a_flood_is_read_on_when_there_is_time(slow_server, other):
    """Nothing is lost, and the order is kept, however often reading was stopped."""
    payloads = [b"%d " % number + b"x" * 65536 for number in range(500)]
    async with raw_client(slow_server, "/echo") as flooder:
        memory = Memory(slow_server.pid)
        sending = asyncio.create_task(flooder.send(*payloads))
        await serve_meanwhile(other, flooder, memory)
        assert not sending.done()
        await other.send("go")
        assert [await flooder.next() for _ in payloads] == [b"Echo: " + payload for payload in payloads]
        await sending
        assert await other.recv() == "Echo: go"
        memory.sample()
        assert memory.peak < MOST_MEMORY


async def test_a_room_delivers_a_flood_completely(server):
    """Every message of a member that sends thousands at once reaches all members, in order."""
    texts = [f"{number} ".ljust(1000, "x").encode() for number in range(5000)]
    async with server.connect("/ws/room") as subscriber, raw_client(server, "/ws/room") as speaker:
        await next_frame(subscriber)
        await speaker.next()
        memory = Memory(server.pid)
        sending = asyncio.create_task(speaker.send_frames([frame(text, Opcode.TEXT) for text in texts]))
        for text in texts:
            needle = b'"' + text + b'"'
            assert needle in str(await next_frame(subscriber)).encode()
            own = await speaker.next()
            assert isinstance(own, bytes)
            assert needle in own
        await sending
        memory.sample()
        assert memory.peak < MOST_MEMORY


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_another_is_answered_before_a_backlog_is_handled(start_server, kind, tmp_path):
    """Both have arrived when the process goes on, and what one read holds is not handled in one go."""
    server = start_server(patched(kind, COUNTING_ECHO))
    backlog = 2000
    async with (
        server.connect("/echo") as gate,
        server.connect("/echo") as other,
        raw_client(server, "/echo") as flooder,
    ):
        await gate.send(str(tmp_path / "go"))
        await server.wait_for_log("the process waits")
        await flooder.send_frames([frame(b"") * backlog])
        await other.send("how many?")
        (tmp_path / "go").touch()
        assert int(str(await other.recv()).removeprefix("Echo: ")) < backlog / 10
        assert [await flooder.next() for _ in range(backlog)] == [b"Echo: "] * backlog


async def test_pings_and_echoes_alone_end_no_connection(server):
    """All are answered, in order."""
    data = frame(b"", Opcode.PING) * 10 + frame(b"")
    async with raw_client(server, "/echo") as flooder:
        sending = asyncio.create_task(flooder.send_frames([data] * 1000))
        assert [await flooder.next() for _ in range(1000)] == [b"Echo: "] * 1000
        await sending
        assert flooder.pongs == 10_000


@pytest.mark.parametrize(("path", "text"), [("/ws/room", b"{"), ("/ws/room", b""), ("/stats", b"hi")])
async def test_frames_that_are_refused_again_and_again_end_the_connection(server, path, text):
    """With 4101, also where a refusal is not answered and without ROOMS_MESSAGE_RATE."""
    async with raw_client(server, path) as flooder:
        with suppress(OSError):
            await flooder.send_frames([frame(text, Opcode.TEXT) * 500] * 10)
        _, end = await flooder.rest()
        assert end == 4101
    async with server.connect(path) as calm:
        for _ in range(10):
            await calm.send("{")
        await calm.ping()
        assert calm.close_code is None
