"""The pulse over real sockets: workers, servers and clients as an operator would start them."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rtproject.tests.support.servers import Daphne, PulseWorker

INTERVAL = 0.5  # seconds


async def pulses(client: ClientConnection, count: int) -> list[dict[str, Any]]:
    """The next pulses of a client."""
    return [json.loads(await client.recv()) for _ in range(count)]


def assert_on_the_beat(frames: list[dict[str, Any]]) -> None:
    """Each pulse bears the number of the tick that it was measured at, and none comes twice."""
    numbers = [frame["seq"] for frame in frames]
    assert numbers == sorted(set(numbers))
    for frame in frames:
        assert int(datetime.fromisoformat(frame["at"]).timestamp() / INTERVAL) == frame["seq"]


async def test_a_server_alone_has_a_pulse(start_server):
    """Without Redis the worker is inside: the first sample comes by itself, and then one at each tick."""
    server = start_server(PULSE_INTERVAL=INTERVAL, PULSE_HOST="here")
    async with server.connect("/stats") as client:
        frames = await pulses(client, 4)
    assert_on_the_beat(frames)
    assert {(frame["type"], frame["host"]) for frame in frames} == {("pulse", "here")}
    assert all(0 <= frame["cpu"] <= 100 for frame in frames)
    assert frames[0]["interval"] >= 0.2


async def test_a_late_client_gets_the_newest_sample_at_once(start_server):
    """Who comes later need not wait for a tick, and may ask for what was before, oldest first."""
    server = start_server(PULSE_INTERVAL=INTERVAL)
    async with server.connect("/stats") as client:
        seen = await pulses(client, 4)
    frames: list[dict[str, Any]] = []
    while frames != seen:  # a sample is stored after it was sent
        async with server.connect("/stats/", {"history": 720}) as late:
            frames = await pulses(late, 4)
    assert "Traceback" not in server.log


async def test_another_host_is_left_out(start_server):
    """`host` keeps one host's pulses."""
    server = start_server(PULSE_INTERVAL=INTERVAL, PULSE_HOST="here")
    async with (
        server.connect("/stats", {"host": "here"}) as here,
        server.connect("/stats", {"host": "there"}) as there,
    ):
        await pulses(here, 3)
        nothing = asyncio.create_task(there.recv())
        await pulses(here, 1)
        assert not nothing.done()
        nothing.cancel()


async def test_with_pulse_public_off_a_stranger_is_forbidden(start_server):
    """The client sees 4003, and no figures before it."""
    server = start_server(PULSE_PUBLIC="off", PULSE_INTERVAL=INTERVAL)
    async with server.connect("/stats") as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
    assert client.close_code == 4003


@pytest.fixture
def site(new_site, valkey):
    """A site whose processes are connected by a Valkey."""
    return new_site(REDIS_URL=valkey.url, PULSE_INTERVAL=INTERVAL, PULSE_HOST="here")


async def test_a_worker_of_its_own_is_heard_in_every_server(start_server, site):
    """Two servers forward the same pulses of one worker, and make none of their own."""
    first, second = start_server(Daphne, site=site), start_server(Daphne, site=site)
    async with first.connect("/stats") as one, second.connect("/stats") as other:
        worker = start_server(PulseWorker, site=site)
        frames = await pulses(one, 4)
        assert await pulses(other, 4) == frames
    assert_on_the_beat(frames)
    assert await worker.stop() == 0


async def test_two_workers_on_one_host_make_one_pulse(start_server, site):
    """A second worker, or one that is started over, makes no tick twice."""
    server = start_server(Daphne, site=site)
    for _ in range(2):
        start_server(PulseWorker, site=site)
    async with server.connect("/stats") as client:
        assert_on_the_beat(await pulses(client, 6))


async def test_the_pulse_comes_back_after_an_outage_of_valkey(start_server, site, valkey):
    """Server and worker outlive a restart of Valkey, say so once, and the pulse goes on for the same client."""
    server, worker = start_server(Daphne, site=site), start_server(PulseWorker, site=site)
    async with server.connect("/stats") as client:
        before = await pulses(client, 2)
        await asyncio.to_thread(valkey.stop)
        await worker.wait_for_log("publishing pulses")
        mark = len(worker.log)
        await asyncio.to_thread(valkey.start)
        await worker.wait_for_log("publishing pulses", after=mark)
        after = await pulses(client, 2)
    assert_on_the_beat(before + after)
    assert "Traceback" not in worker.log
