"""Members of a room that read late or never lose their connection, and delay no others."""

import json
from contextlib import AsyncExitStack

import pytest

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.patched import patched
from rtproject.tests.support.process import MIB, Memory
from rtproject.tests.support.raw import RESET, raw_client
from rtproject.tests.support.servers import Daphne, Uvicorn

LENGTH = 64 * 1024  # characters of a message
MOST_MEMORY = 6 * MIB
SLOW = 20  # if each kept its own copy of what waits, that were 18 MB
ROOM = "/ws/room"


@pytest.fixture(params=[Daphne, Uvicorn])
def server(request, start_server):
    """A server without limits of messages."""
    limits = {"ROOMS_MESSAGE_RATE": 0, "ROOMS_MAX_TEXT": LENGTH, "WEBSOCKETS_PER_ADDRESS": 0}
    return start_server(request.param, **limits, PULSE_EMBEDDED="off")


def message(number):
    """Return a long text that begins with its number."""
    return f"{number} ".ljust(LENGTH, "x")


def number_of(frame):
    """Return the number that the message in `frame` begins with."""
    return int(json.loads(frame)["text"].split()[0])


async def say(speaker, numbers, *subscribers):
    """Send a message for each number, each after all clients have received the last."""
    for number in numbers:
        await speaker.send(message(number))
        heard = [number_of(await next_frame(client)) for client in (speaker, *subscribers)]
        assert heard == [number] * len(heard)


async def test_many_that_never_read_cost_the_others_nothing(server):
    """The others receive everything in order, they are closed, and the server's memory does not grow with them."""
    async with server.connect(ROOM) as speaker, server.connect(ROOM) as subscriber, AsyncExitStack() as stack:
        for client in (speaker, subscriber):
            await next_frame(client)
        await say(speaker, range(10), subscriber)
        memory = Memory(server.pid)
        slow = [await stack.enter_async_context(raw_client(server, ROOM, narrow=True)) for _ in range(SLOW)]
        for start in range(10, 510, 10):  # 32 MB
            await say(speaker, range(start, start + 10), subscriber)
            memory.sample()
        assert memory.peak < MOST_MEMORY
        assert {(await client.rest())[1] for client in slow} <= {4102, RESET}
        await speaker.send('{"type": "ping"}')
        assert json.loads(await next_frame(speaker))["type"] == "pong"


async def test_one_that_reads_on_in_time_has_missed_nothing(server):
    """Nearly as much as may wait comes in order, and the connection goes on."""
    async with server.connect(ROOM) as speaker, raw_client(server, ROOM, narrow=True) as late:
        await next_frame(speaker)
        await late.next()
        for start in range(0, 36, 12):  # 768 KiB at a time
            await say(speaker, range(start, start + 12))
            assert [number_of(await late.next()) for _ in range(12)] == list(range(start, start + 12))
        assert "4102" not in server.log


async def test_one_that_reads_too_late_is_told_so(server):
    """It gets the earlier messages, without a hole, and then 4102 if it can still be sent."""
    ends: list[int | str] = []
    while 4102 not in ends and len(ends) < 3:  # a busy machine may take longer than Daphne's one second
        async with server.connect(ROOM) as speaker, raw_client(server, ROOM, narrow=True) as late:
            await next_frame(speaker)
            await late.next()
            await say(speaker, range(24))  # 1.5 MiB
            frames, end = await late.rest()
            assert [number_of(frame) for frame in frames] == list(range(len(frames)))
            assert len(frames) < 24
            ends.append(end)
    assert 4102 in ends
    assert set(ends) <= {4102, RESET}


SHORT_TIMEOUTS = (
    "import rtproject.websocket.transport.send_queue as o; o.WRITE_TIMEOUT = o.CLOSE_TIMEOUT = 0.2"
)
ASGI_ONLY = "\nimport rtproject.websocket.transport.base as b; b.find_uvicorn = lambda send: None"


@pytest.mark.parametrize(
    "kind",
    [
        patched(Daphne, SHORT_TIMEOUTS),
        patched(Uvicorn, SHORT_TIMEOUTS),
        patched(Uvicorn, SHORT_TIMEOUTS + ASGI_ONLY),
    ],
)
async def test_one_that_reads_nothing_at_all_is_closed_after_a_while(start_server, kind):
    """Its backlog need not be full, and its server may have no transport that can be aborted."""
    server = start_server(kind, ROOMS_MESSAGE_RATE=0, ROOMS_MAX_TEXT=LENGTH)
    async with server.connect(ROOM) as speaker, raw_client(server, ROOM, narrow=True):
        await next_frame(speaker)
        await say(speaker, range(8))  # half of what may wait
        await server.wait_for_log(f"{ROOM} closed with 4102")
        await say(speaker, range(8))
