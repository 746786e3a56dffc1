"""Agents as an operator starts them, and a Daphne."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from rtproject.tests.support.ports import free_port
from rtproject.tests.support.process import Process
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.site import Site

INTERVAL = 0.5  # seconds
ALIVE = 3 * INTERVAL
STORED = """
from pulse.models import Sample
print(list(Sample.objects.filter(host="web-9").order_by("seq").values_list("seq", flat=True)))
"""
TAKES, AWAY = "the site takes samples", "the site is out of reach"


class StartAgent(Protocol):
    def __call__(self, port: int, token: str) -> Process: ...


@pytest.fixture
def start_agent() -> Iterator[StartAgent]:
    """Start an agent that posts to a port of this machine."""
    with ExitStack() as started:

        def start(port: int, token: str) -> Process:
            command = [sys.executable, "pulse/agent.py", "--to", f"http://127.0.0.1:{port}"]
            agent = Process("Agent", command, {**os.environ, "PULSE_TOKEN": token})
            started.callback(agent.terminate)
            return agent

        yield start


@pytest.fixture
def site(new_site) -> Site:
    return new_site(demo=False, PULSE_INTERVAL=INTERVAL, PULSE_EMBEDDED="off")


def token(site: Site, scope: str = "pulse:web-9") -> str:
    return site.manage("token", "agent", "--scope", scope).strip()


async def test_a_page_sees_the_pulse_of_an_agent(start_server, start_agent, site):
    server, secret = start_server(site=site), token(site)
    async with server.connect("/stats") as client:
        agent = start_agent(server.port, secret)
        frames = [json.loads(await client.recv()) for _ in range(4)]
    assert {frame["host"] for frame in frames} == {"web-9"}
    seqs = [frame["seq"] for frame in frames]
    assert seqs == sorted(set(seqs))
    assert "Traceback" not in agent.log + server.log
    assert secret not in agent.log + server.log


async def test_an_agent_that_is_stopped_says_so(start_server, start_agent, site):
    server, secret = start_server(site=site), token(site)
    agent = start_agent(server.port, secret)
    await agent.wait_for_log(TAKES)
    await agent.stop()
    assert site.execute("from pulse.models import Host; print(Host.objects.get().stopped)").strip() == "True"


@pytest.mark.slow
async def test_what_an_agent_kept_is_stored_and_not_shown_as_new(start_server, start_agent, site):
    address = f"tcp:port={(port := free_port())}:interface=127.0.0.1"
    secret = token(site)
    first = start_server(Daphne, "-e", address, site=site)
    agent = start_agent(port, secret)
    await agent.wait_for_log(TAKES)
    away = time.time()
    await first.stop()
    await agent.wait_for_log(AWAY)
    await asyncio.sleep(3 * ALIVE)  # what is older than ALIVE when it is posted is late
    back = time.time()
    second = start_server(Daphne, "-e", address, site=site)
    async with second.connect("/stats", {"history": 0}) as client:
        shown = [json.loads(await client.recv())["seq"] for _ in range(3)]
    stored = json.loads(site.execute(STORED))
    late = {seq for seq in stored if away < seq * INTERVAL < back - ALIVE}
    assert late
    assert not late.intersection(shown)
    told = [line.split(": ")[1] for line in agent.log.splitlines()]
    assert told == [TAKES, AWAY, TAKES]


@pytest.mark.parametrize(("scope", "status"), [("metrics", "403"), (None, "401")])
async def test_a_refused_token_is_said_once(start_server, start_agent, site, scope: str | None, status: str):
    server = start_server(site=site)
    agent = start_agent(server.port, token(site, scope) if scope else "wrong")
    line = await agent.wait_for_log("refuses")
    assert f"the site refuses samples: {status} " in line
    assert agent.running
