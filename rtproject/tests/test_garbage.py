"""An ended connection leaves nothing that waits for the cyclic garbage collector.

Each pass of the collector stops the whole process, and a client that is denied again and again would cause one after
the other.
"""

import asyncio
import json
import os
import re
import signal
import time

import pytest

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.patched import patched
from rtproject.tests.support.process import MIB, TIMEOUT, Memory
from rtproject.tests.support.servers import Daphne, Uvicorn

CONNECTIONS = 20
TOLD = re.compile(r"^left over:.*\n", re.MULTILINE)
TELL_WHAT_IS_LEFT = """
import gc, signal
from collections import Counter

def tell(*_):
    kinds = Counter(type(found).__name__ for found in gc.get_objects())
    left = [f"{kinds[name]} {name}" for name in (%s)]
    print("left over:", *left, flush=True)

gc.disable()
gc.set_threshold = lambda *_: None
signal.signal(signal.SIGUSR1, tell)
"""
OURS = ("RoomConsumer", "EchoConsumer", "SendQueue", "_Visible", "LiveRoom", "PresenceTracker", "Room")
KINDS = {
    Daphne: (*OURS, "DaphneTransport", "WebSocketProtocol", "HTTPChannel", "WebRequest"),
    Uvicorn: (*OURS, "UvicornTransport", "WebSocketsSansIOProtocol", "SharedPresence"),
}


async def come_and_go(server, path):
    """Connect as a member, or to be denied."""
    async with server.connect(path) as client:
        if path in ("/ws/lobby", "/ws/unlisted"):
            await client.send("hello")
            await next_frame(client)
        elif path == "/echo":
            await client.send("hello")
            await client.recv()
        else:
            await client.wait_closed()


@pytest.mark.parametrize("kind", KINDS)
async def test_ended_connections_leave_no_cycles(start_server, valkey, kind):
    """With the collector off, at most the connection that ended last is still in memory. On uvicorn with Redis."""
    names, redis = KINDS[kind], {"REDIS_URL": valkey.url} if kind is Uvicorn else {}
    server = start_server(patched(kind, TELL_WHAT_IS_LEFT % repr(names)[1:-1]), **redis)
    for _ in range(CONNECTIONS):
        for path in ("/echo", "/ws/lobby", "/ws/unlisted", "/ws/VIP", "/unknown"):
            await come_and_go(server, path)
    left = await asyncio.to_thread(counts_at_the_end, server)
    assert set(left) == set(names)
    assert max(left.values()) <= 2, left


def counts_at_the_end(server):
    """Return the count of each kind once it is low, since timers end by themselves."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        seen = len(server.log)
        os.kill(server.pid, signal.SIGUSR1)
        line = server.expect_log(TOLD, after=seen)
        left = {name: int(count) for count, name in re.findall(r"(\d+) (\w+)", line)}
        if max(left.values()) <= 2 or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


@pytest.mark.slow
async def test_the_memory_of_rooms_that_were_left_is_used_again(start_server):
    """The allocator keeps what 2,500 rooms took; as many others take little more."""
    server = start_server(WEBSOCKETS_PER_ADDRESS=0, ROOMS_ADDRESS_RATE=0)
    await fill_and_leave(server, "first")
    memory = Memory(server.pid)
    await fill_and_leave(server, "second")
    memory.sample()
    assert memory.peak <= 10 * MIB


async def fill_and_leave(server, name):
    """Be in 2,500 unlisted rooms at once, then in none; return when the server has let all of them go."""
    few = asyncio.Semaphore(50)  # handshakes at a time

    async def enter(number):
        async with few:
            client = await server.connect(f"/ws/{name}-{number}", open_timeout=TIMEOUT)
            assert json.loads(await client.recv())["type"] == "welcome"
            return client

    async def leave(client):
        async with few:
            await client.close()

    seen = len(server.log)
    clients = await asyncio.gather(*(enter(number) for number in range(2500)))
    await asyncio.gather(*(leave(client) for client in clients))
    async with asyncio.timeout(TIMEOUT):
        while server.log.count("closed with 1000", seen) < len(clients):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
