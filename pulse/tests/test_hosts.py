"""Several machines and processes, on a real Valkey and a real PostgreSQL."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from websockets.asyncio.client import ClientConnection

from rtproject.tests.support.servers import Daphne, PulseWorker, Server
from rtproject.tests.support.site import Site

INTERVAL = 1  # seconds
TIMEOUT = 40
SEQS = """
from pulse.models import Sample
print(*Sample.objects.values_list("seq", flat=True))
"""


@pytest.fixture
def on_host(new_site, valkey) -> Callable[[str], Site]:
    """The same site, as it is set up on the machine of the given name."""
    settings = {"REDIS_URL": valkey.url, "PULSE_INTERVAL": INTERVAL}
    directory = new_site(**settings).directory
    return lambda host: Site(directory, settings | {"PULSE_HOST": host})


async def get(server: Server, address: str, **headers: str) -> str:
    def read() -> str:
        with urlopen(Request(server.http_url(address), headers=headers), timeout=TIMEOUT) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(read)


async def stale_alert(client: ClientConnection, host: str, state: str) -> dict[str, Any]:
    """The stale alert of `host`, when a frame has it in this state."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            frame = json.loads(await client.recv())
            for alert in frame.get("alerts", ()):
                if (alert["host"], alert["metric"], alert["state"]) == (host, "silent", state):
                    return alert


async def wait_for_hosts(client: ClientConnection, server: Server, *hosts: str) -> None:
    """Wait until pulses of exactly these hosts are stored, which is soon after they are sent."""
    async with asyncio.timeout(TIMEOUT):
        while sorted(json.loads(await get(server, "/dashboard/samples/?range=300"))["hosts"]) != list(hosts):
            await client.recv()


@pytest.mark.slow
async def test_servers_notice_stale_hosts_and_their_return(
    start_server, on_host: Callable[[str], Site]
) -> None:
    """No worker is left that could. Two servers make one event."""
    servers = [start_server(Daphne, site=on_host("server")) for _ in range(2)]
    workers = [start_server(PulseWorker, site=on_host(host)) for host in ("web-1", "web-2")]
    async with servers[0].connect("/stats?alerts=1") as one, servers[1].connect("/stats?alerts=1") as other:
        await wait_for_hosts(one, servers[0], "web-1", "web-2")
        token = await asyncio.to_thread(servers[0].manage, "token", "Prometheus", "--scope", "metrics")
        metrics = await get(servers[0], "/metrics", Authorization=f"Bearer {token.strip()}")
        assert all(f'pulse_cpu_usage_ratio{{host="{host}"}}' in metrics for host in ("web-1", "web-2"))
        for worker in workers:
            worker.kill()
        fired = await stale_alert(one, "web-2", "firing")
        assert await stale_alert(other, "web-2", "firing") == fired
        start_server(PulseWorker, site=on_host("web-2"))
        resolved = await stale_alert(one, "web-2", "resolved")
        assert (resolved["since"], resolved["fired"]) == (fired["since"], fired["fired"])
        assert resolved["until"] > resolved["fired"]
    events = json.loads(await get(servers[0], "/dashboard/events/"))["events"]
    same = [event for event in events if (event["host"], event["since"]) == ("web-2", fired["since"])]
    assert same == [resolved]


@pytest.mark.slow
async def test_pulses_are_stored_after_the_store_was_down(
    start_server, new_site, valkey, postgres, database_url
) -> None:
    """Live pulses go on, the failure is logged once, and the history has no gap."""
    site = new_site(REDIS_URL=valkey.url, DATABASE_URL=database_url, PULSE_INTERVAL=INTERVAL, demo=False)
    server, worker = start_server(Daphne, site=site), start_server(PulseWorker, site=site)
    async with server.connect("/stats?history=0") as client:
        await client.recv()
        await asyncio.to_thread(postgres.stop)
        await worker.wait_for_log("storing pulses fails")
        during = [json.loads(await client.recv())["seq"] for _ in range(3)]
        await asyncio.to_thread(postgres.start)
        await worker.wait_for_log("storing pulses works again")
    stored = {int(seq) for seq in (await asyncio.to_thread(site.execute, SEQS)).split()}
    assert stored >= set(during)
    assert "Traceback" not in worker.log
    assert worker.log.count("storing pulses fails") == 1


@pytest.mark.slow
async def test_a_worker_ends_while_its_store_hangs(start_server, new_site, postgres, database_url) -> None:
    site = new_site(DATABASE_URL=database_url, PULSE_INTERVAL=0.1, demo=False)
    worker = start_server(PulseWorker, site=site)
    await worker.wait_for_log("begins")
    await asyncio.to_thread(postgres.pause)
    try:
        assert await worker.stop() == 0
        assert "ticks missed" in worker.log
    finally:
        postgres.resume()
