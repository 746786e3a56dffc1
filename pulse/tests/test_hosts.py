"""Many machines and several processes, on a real Valkey and a real PostgreSQL."""

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
PATIENCE = 40  # seconds until a test gives up
TOKEN = "a-token-that-only-the-tests-know"

SEQS = """
from pulse.models import Sample
print(*Sample.objects.order_by("seq").values_list("seq", flat=True))
"""


@pytest.fixture
def on_host(new_site, valkey) -> Callable[[str], Site]:
    """The same site, as it is set up on the machine of the given name."""
    settings = {"REDIS_URL": valkey.url, "PULSE_INTERVAL": INTERVAL, "METRICS_TOKEN": TOKEN}
    directory = new_site(**settings).directory
    return lambda host: Site(directory, settings | {"PULSE_HOST": host})


async def get(server: Server, address: str, **headers: str) -> str:
    def read() -> str:
        with urlopen(Request(server.http_url(address), headers=headers), timeout=PATIENCE) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(read)


async def kept_hosts(server: Server) -> list[str]:
    """The hosts whose samples the dashboard gets."""
    return sorted(json.loads(await get(server, "/dashboard/samples/?range=300"))["hosts"])


async def alert_of(client: ClientConnection, host: str, state: str) -> dict[str, Any]:
    """Waits until the client is told that `host` has an alert of staleness in this state, and returns it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame = json.loads(await client.recv())
            for alert in frame.get("alerts", ()):
                if (alert["host"], alert["metric"], alert["state"]) == (host, "silent", state):
                    return alert


async def until_kept(client: ClientConnection, server: Server, *hosts: str) -> None:
    """Waits until pulses of `hosts`, and of them alone, are stored, which is soon after they are sent."""
    async with asyncio.timeout(PATIENCE):
        while await kept_hosts(server) != sorted(hosts):
            await client.recv()


async def test_each_machine_appears_by_itself_with_its_history_and_its_metrics(
    start_server, on_host: Callable[[str], Site]
) -> None:
    """Whoever starts a worker with the same settings on another machine sees it on the page."""
    server = start_server(Daphne, site=on_host("server"))
    async with server.connect("/stats") as client:
        for host in ("web-1", "web-2"):
            start_server(PulseWorker, site=on_host(host))
        await until_kept(client, server, "web-1", "web-2")
    metrics = await get(server, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert 'pulse_cpu_usage_ratio{host="web-1"}' in metrics
    assert 'pulse_cpu_usage_ratio{host="web-2"}' in metrics


async def test_a_host_that_dies_is_noticed_by_others_and_its_return_too(
    start_server, on_host: Callable[[str], Site]
) -> None:
    """A killed worker cannot say goodbye. However many processes look, there is one event with its times."""
    servers = [start_server(Daphne, site=on_host("server")) for _ in range(2)]
    start_server(PulseWorker, site=on_host("web-1"))
    dying = start_server(PulseWorker, site=on_host("web-2"))
    async with servers[0].connect("/stats?alerts=1") as one, servers[1].connect("/stats?alerts=1") as other:
        await until_kept(one, servers[0], "web-1", "web-2")
        dying.kill()
        fired = await alert_of(one, "web-2", "firing")
        assert await alert_of(other, "web-2", "firing") == fired
        start_server(PulseWorker, site=on_host("web-2"))
        over = await alert_of(one, "web-2", "resolved")
        assert (over["since"], over["fired"]) == (fired["since"], fired["fired"])
        assert over["until"] > over["fired"]
    events = json.loads(await get(servers[0], "/dashboard/events/"))["events"]
    assert [event for event in events if event["since"] == fired["since"]] == [over]


async def test_the_only_worker_is_missed_by_a_server(start_server, on_host: Callable[[str], Site]) -> None:
    """No other worker is there to notice."""
    server = start_server(Daphne, site=on_host("server"))
    alone = start_server(PulseWorker, site=on_host("web-1"))
    async with server.connect("/stats?alerts=1") as client:
        await until_kept(client, server, "web-1")
        assert await alone.stop() == 0
        await alert_of(client, "web-1", "firing")


async def test_pulses_of_an_outage_of_the_store_are_stored_after_it(
    start_server, new_site, valkey, postgres, database_url
) -> None:
    """The interval goes on without it, the outage is logged once, and the history has no hole."""
    site = new_site(REDIS_URL=valkey.url, DATABASE_URL=database_url, PULSE_INTERVAL=INTERVAL, demo=False)
    server, worker = start_server(Daphne, site=site), start_server(PulseWorker, site=site)
    async with server.connect("/stats?history=0") as client:
        await client.recv()
        await asyncio.to_thread(postgres.stop)
        await worker.wait_for_log("storing pulses fails")
        during = [json.loads(await client.recv())["seq"] for _ in range(3)]
        await asyncio.to_thread(postgres.start)
        await worker.wait_for_log("storing pulses works again")
    stored = [int(seq) for seq in (await asyncio.to_thread(site.execute, SEQS)).split()]
    assert set(during) <= set(stored)
    assert "Traceback" not in worker.log
    assert worker.log.count("storing pulses fails") == 1


async def test_a_worker_ends_also_while_its_store_hangs(
    start_server, new_site, postgres, database_url
) -> None:
    """It would wait for the thread that waits for PostgreSQL."""
    worker = start_server(
        PulseWorker, site=new_site(DATABASE_URL=database_url, PULSE_INTERVAL=0.1, demo=False)
    )
    await worker.wait_for_log("begins")
    await asyncio.to_thread(postgres.pause)
    try:
        assert await worker.stop() == 0
        assert "ticks missed" in worker.log
    finally:
        postgres.resume()
