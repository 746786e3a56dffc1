"""Connections to the database under many requests for pages."""

import asyncio
import urllib.request

import psutil
import pytest

from rtproject.tests.support.servers import Daphne, Uvicorn

REQUESTS = 40
PAGES = ("/", "/rooms/", "/rooms/lobby/", "/admin/login/", "/dashboard/")


def fetch(url):
    """Reads a page."""
    with urllib.request.urlopen(url) as response:
        return response.status


def database_files(server):
    """How often the server has its database open."""
    opened = psutil.Process(server.pid).open_files()
    return sum(file.path.endswith("db.sqlite3") for file in opened)


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_a_request_leaves_no_connection_open(start_server, kind):
    """Each has a thread of its own, whose connection nobody would use again."""
    server = start_server(kind)
    for path in PAGES:
        await asyncio.to_thread(fetch, server.http_url(path))
    before = database_files(server)
    urls = [server.http_url(path) for path in PAGES] * (REQUESTS // len(PAGES))
    assert set(await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in urls))) == {200}
    assert (
        database_files(server) < before + REQUESTS / 4
    )  # other threads may have come to need one of their own
