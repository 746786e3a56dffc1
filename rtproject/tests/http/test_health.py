"""The probes of load balancers, over real sockets."""

import asyncio

import pytest

from rtproject.tests.support.servers import Daphne, Uvicorn
from rtproject.tests.support.site import Site
from rtproject.tests.test_outages import UNREACHABLE, fetch


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
def test_probes_are_answered_by_address_and_not_logged(start_server, kind):
    """Neither ALLOWED_HOSTS nor HTTPS counts; other requests are logged, and redirected as ever."""
    server = start_server(kind, HTTPS="on", TRUSTED_PROXIES=1)
    for path in ("/healthz", "/readyz"):
        assert fetch(server, path, Host="10.0.0.7:8000") == (200, "ok\n")
    assert fetch(server, "/echo/", Host="10.0.0.7:8000")[0] == 400
    server.terminate()
    assert "/echo/" in server.log
    assert "healthz" not in server.log
    assert "readyz" not in server.log


def test_a_process_without_a_store_is_alive_and_not_ready(start_server, tmp_path):
    """A restart would not help; other processes may still serve."""
    server = start_server(site=Site(tmp_path, {"DATABASE_URL": UNREACHABLE}))
    assert fetch(server, "/healthz")[0] == 200
    assert fetch(server, "/readyz") == (503, "the store is out of reach\n")


async def test_a_server_that_ends_is_not_ready(start_server):
    """A client that does not answer its close delays the end for 2 seconds."""
    server = start_server()
    slow = await server.connect("/echo")
    slow.transport.pause_reading()
    ending = asyncio.create_task(server.stop())
    while (answer := await asyncio.to_thread(fetch, server, "/readyz")) == (200, "ok\n"):
        pass
    assert answer == (503, "draining\n")
    assert await ending == 0
    slow.transport.abort()
    await slow.wait_closed()
