"""Daphne: a fresh installation, its pages and files, its access log, and its headers."""

import asyncio
import os
import re
import shutil
import socket
import stat
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from rtproject.http.headers import POLICY
from rtproject.tests.support import process
from rtproject.tests.support.hostile import request
from rtproject.tests.support.isolation import ROOT, without_settings
from rtproject.tests.support.patched import patched
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.site import Site


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((path, "text/html") for path in ("/", "/echo/", "/rooms/", "/rooms/lobby/", "/dashboard/")),
        ("/admin/login/", "text/html"),
        ("/static/rtproject/style.css", "text/css"),
        ("/static/rtproject/socket.js", "text/javascript"),
        ("/static/rtproject/favicon.svg", "image/svg+xml"),
        ("/static/admin/css/base.css", "text/css"),
    ],
)
def test_pages_and_files_are_served_under_the_policy(daphne, path, kind):
    """Files need no step to collect them, and pictures have the policy, too."""
    with urlopen(daphne.http_url(path)) as answer:
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.read()


def refused(daphne, path, headers=None, **query):
    """Return the status and the policy of a page that is refused."""
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(daphne.http_url(path, **query), headers=headers or {}))
    with caught.value as answer:
        return answer.status, answer.headers["Content-Security-Policy"]


async def test_nothing_needs_to_be_set(tmp_path, monkeypatch):
    """A fresh copy without any settings migrates, makes its key, serves, and starts the pulse."""
    for name in ("rtproject", "echo", "rooms", "pulse", "manage.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    site = Site(tmp_path, {})
    site.environment = {
        name: value
        for name, value in without_settings(os.environ).items()
        if not name.startswith(("COV", "DJANGO"))  # lines of a copy are not counted
    } | {"PYTHONUNBUFFERED": "1"}
    monkeypatch.setattr(process, "ROOT", tmp_path)
    monkeypatch.setattr("rtproject.tests.support.site.ROOT", tmp_path)
    await asyncio.to_thread(site.manage, "migrate", "--verbosity", "0")
    server = await asyncio.to_thread(Daphne, site)
    try:
        assert "the pulse of" not in server.log
        async with server.connect("/stats") as client:
            assert re.match(r'\{"type": ?"pulse"', str(await client.recv()))
        await server.wait_for_log("the pulse of")
    finally:
        await server.stop()
    key = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (tmp_path / "data" / "db.sqlite3").exists()


async def test_the_access_log_has_no_query_and_no_traceback(daphne):
    """A room's address may be opened in a browser, with its password; it is not found."""
    status, policy = await asyncio.to_thread(refused, daphne, "/ws/lobby", **{"pass": "hidden-word"})
    assert (status, policy) == (404, POLICY)
    await daphne.wait_for_log('"GET /ws/lobby" 404')
    assert "hidden-word" not in daphne.log
    assert "Traceback" not in daphne.log


async def test_no_header_changes_the_meaning_of_a_path(daphne):
    """Daphne reads a root path from a header, which could bypass a proxy's rules for `/admin/`."""
    status, _ = await asyncio.to_thread(refused, daphne, "/x/admin/login/", {"Daphne-Root-Path": "/x"})
    assert status == 404
    async with daphne.connect("/ws/lobby", additional_headers={"Daphne-Root-Path": "/ws"}) as client:
        assert '"welcome"' in str(await client.recv())


async def test_a_header_that_is_not_text_is_one_line_of_log(daphne):
    """The client gets an error."""

    def answer():
        with socket.create_connection(("127.0.0.1", daphne.port), process.TIMEOUT) as client:
            client.sendall(request("Sec-WebSocket-Protocol: \xff"))
            return client.recv(65536)

    assert (await asyncio.to_thread(answer)).startswith(b"HTTP/1.1 500")
    await daphne.wait_for_log("a request is not readable: UnicodeDecodeError")
    assert "Traceback" not in daphne.log


NO_PRETTY_PRINTING = """
import pprint
pprint.PrettyPrinter.pformat = None
"""


async def test_a_handshake_formats_no_options_for_the_log(start_server):
    """Autobahn would, for a debug line: a fifth of what a handshake costs."""
    server = start_server(patched(Daphne, NO_PRETTY_PRINTING))
    async with server.connect("/echo") as client:
        await client.send("hello")
        assert await client.recv() == "Echo: hello"
