"""The server's own figures in `/metrics`, as Prometheus's own parser reads them."""

import asyncio
import re
import signal
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pulse.prometheus import PulseMetrics
from rooms.tests.wire import ask
from rtproject.metrics import METRICS, ServerMetrics
from rtproject.tests.support.raw import raw_client
from rtproject.tests.support.servers import Daphne, Uvicorn

DASHBOARD = Path(settings.BASE_DIR) / "deploy" / "grafana.json"


class Scraper:
    """Prometheus, with a token for one server."""

    def __init__(self, server):
        self.server = server
        self.token = server.manage("token", "prometheus", "--scope", "metrics").strip()

    async def read(self):
        """The values by name and labels in the order of their names, all with the process's number."""
        found = {}
        for sample in await asyncio.to_thread(self._samples):
            labels = dict(sample.labels)
            if not sample.name.startswith("pulse_"):
                assert labels.pop("process") == str(self.server.pid)
            found[sample.name, *labels.values()] = sample.value
        return found

    async def until(self, *sample, value=1):
        """Read until `sample` has this value: what ends a connection comes a moment after its client knows."""
        while (found := await self.read()).get(sample) != value:
            pass
        return found

    def _samples(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        with urlopen(Request(self.server.http_url("/metrics"), headers=headers), timeout=30) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return [sample for family in families for sample in family.samples]


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_what_connections_do_is_counted(start_server, kind):
    server = start_server(kind)
    scraper = Scraper(server)
    async with server.connect("/echo") as client:
        await client.send("abc")
        assert await client.recv() == "Echo: abc"
        found = await scraper.read()
        assert found["rtproject_connections",] == 1
    with pytest.raises(ConnectionClosed):
        await (await server.connect("/ws/VIP", {"pass": "wrong"})).recv()
    with pytest.raises(InvalidStatus):
        await server.connect("/echo", origin="https://foreign.example")
    async with server.connect("/ws/lobby") as member:
        await ask(member, {"type": "say", "text": "hi"})
    found = await scraper.until("rtproject_closes_total", "1000", value=2)
    expected: dict[tuple[str, ...], int] = {
        ("rtproject_handshakes_total", "", "accepted"): 2,
        ("rtproject_handshakes_total", "4003", "denied"): 1,
        ("rtproject_handshakes_total", "403", "rejected"): 1,
        ("rtproject_frames_received_total",): 2,
        ("rtproject_messages_stored_total",): 1,
        ("rtproject_gaps_repaired_total",): 0,
        ("rtproject_slow_clients_total",): 0,
        ("rtproject_backlog_bytes",): 0,
        ("rtproject_store_up",): 1,
        ("rtproject_layer_up",): 1,
        **{("rtproject_queue_length", queue): 0 for queue in ("store", "publish", "hash")},
    }
    assert {sample: found[sample] for sample in expected} == expected
    assert found["rtproject_frames_sent_total",] >= 3  # the echo, the welcome, the message
    assert found["rtproject_received_bytes_total",] > 3 + 4 + len('{"type": "say", "text": "hi"}')
    assert found["rtproject_sent_bytes_total",] > len("Echo: abc")
    assert found["process_open_fds",] < found["process_max_fds",]


async def test_a_loop_that_stands_still_is_seen(start_server):
    """The delay is measured from the first request on."""
    server = start_server()
    scraper = Scraper(server)
    await scraper.read()
    server.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    await asyncio.sleep(0.5)
    server.send_signal(signal.SIGCONT)
    stopped = time.monotonic() - stopped
    while (found := await scraper.read())["rtproject_loop_delay_maximum_seconds",] < stopped / 2:
        pass
    assert found["rtproject_loop_delay_seconds_total",] >= stopped / 2
    assert found["rtproject_loop_delay_measurements_total",] >= 1


async def test_clients_that_do_not_read_are_counted(start_server):
    server = start_server(ROOMS_MESSAGE_RATE=0, ROOMS_ADDRESS_RATE=0, ROOMS_MAX_TEXT=64 * 1024)
    scraper = Scraper(server)
    async with server.connect("/ws/room") as speaker, raw_client(server, "/ws/room", narrow=True):
        waiting = 0
        while (found := await scraper.read())["rtproject_slow_clients_total",] == 0:
            waiting = max(waiting, found["rtproject_backlog_bytes",])
            await speaker.send("x" * 64 * 1024)
            await speaker.recv()
        assert waiting > 64 * 1024
        assert found["rtproject_backlog_bytes",] == 0


def test_the_dashboard_names_metrics_that_exist():
    """Each query of the dashboard for Grafana, and each variable."""
    collectors = [ServerMetrics({name: {} for name in METRICS}), PulseMetrics([], [])]
    families = [family for collector in collectors for family in collector.collect()]
    exposed = {family.name + "_total" * (family.type == "counter") for family in families}
    text = " ".join(re.findall(r'"(?:expr|query|definition)": "((?:[^"\\]|\\.)*)"', DASHBOARD.read_text()))
    named = set(re.findall(r"\b((?:rtproject|pulse|process)_\w+)", text))
    assert named <= exposed
    assert named >= {f"rtproject_{name}" for name in METRICS}
