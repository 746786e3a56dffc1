"""The pulse over real sockets, with processes as an operator starts them."""

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


def assert_on_grid(frames: list[dict[str, Any]]) -> None:
    """Each pulse has the number of its tick, and none comes twice."""
    numbers = [frame["seq"] for frame in frames]
    assert numbers == sorted(set(numbers))
    for frame in frames:
        assert int(datetime.fromisoformat(frame["at"]).timestamp() / INTERVAL) == frame["seq"]


async def test_a_server_without_redis_has_a_pulse_and_a_history(start_server):
    server = start_server(PULSE_INTERVAL=INTERVAL, PULSE_HOST="here")
    async with server.connect("/stats") as client:
        seen = await pulses(client, 4)
    assert_on_grid(seen)
    assert {(frame["type"], frame["host"]) for frame in seen} == {("pulse", "here")}
    assert all(0 <= frame["cpu"] <= 100 for frame in seen)
    assert seen[0]["interval"] >= 0.2
    frames: list[dict[str, Any]] = []
    while frames != seen:  # a sample is stored after it was sent
        async with server.connect("/stats/", {"history": 720}) as late:
            frames = await pulses(late, 4)
    assert "Traceback" not in server.log


async def test_with_pulse_public_off_a_client_sees_4003_and_no_figures(start_server):
    server = start_server(PULSE_PUBLIC="off", PULSE_INTERVAL=INTERVAL)
    async with server.connect("/stats") as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
    assert client.close_code == 4003


@pytest.fixture
def site(new_site, valkey):
    """A site whose processes are connected by a Valkey."""
    return new_site(REDIS_URL=valkey.url, PULSE_INTERVAL=INTERVAL, PULSE_HOST="here")


async def test_all_servers_forward_one_pulse_of_two_workers_on_a_host(start_server, site):
    first, second = start_server(Daphne, site=site), start_server(Daphne, site=site)
    async with first.connect("/stats") as one, second.connect("/stats") as other:
        workers = [start_server(PulseWorker, site=site) for _ in range(2)]
        frames = await pulses(one, 6)
        assert [frame["seq"] for frame in await pulses(other, 6)] == [frame["seq"] for frame in frames]
    assert_on_grid(frames)
    assert [await worker.stop() for worker in workers] == [0, 0]


async def test_the_pulse_resumes_after_valkey_was_down(start_server, site, valkey):
    """Server and worker outlive its restart, log it once, and the same client gets pulses again."""
    server, worker = start_server(Daphne, site=site), start_server(PulseWorker, site=site)
    async with server.connect("/stats") as client:
        before = await pulses(client, 2)
        await asyncio.to_thread(valkey.stop)
        await worker.wait_for_log("publishing pulses")
        mark = len(worker.log)
        await asyncio.to_thread(valkey.start)
        await worker.wait_for_log("publishing pulses", after=mark)
        after = await pulses(client, 2)
    assert_on_grid(before + after)
    assert "Traceback" not in worker.log
