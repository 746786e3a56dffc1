"""What a Daphne of this project does: its pages and files, and its end."""

import asyncio
import os
import re
import shutil
import socket
import stat
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from rtproject.headers import POLICY
from rtproject.tests.support import process
from rtproject.tests.support.hostile import request
from rtproject.tests.support.isolation import ROOT, without_settings
from rtproject.tests.support.servers import Daphne
from rtproject.tests.support.site import Site


class TestPages:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/static/rtproject/style.css", "text/css"),
            ("/static/rtproject/socket.js", "text/javascript"),
            ("/static/admin/css/base.css", "text/css"),
        ],
    )
    def test_static_files_are_served(self, daphne, path, kind):
        """The site's own and the admin's, without a step to collect them, as what they are."""
        with urlopen(daphne.http_url(path)) as answer:
            assert answer.headers["Content-Type"].startswith(kind)
            assert answer.read()

    @pytest.mark.parametrize(
        "path", ["/", "/echo/", "/rooms/", "/rooms/lobby/", "/dashboard/", "/admin/login/"]
    )
    def test_pages_have_the_policy(self, daphne, path):
        """Every page of the contract is there, under the Content-Security-Policy."""
        with urlopen(daphne.http_url(path)) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Security-Policy"] == POLICY

    def test_a_page_that_is_not_there_is_no_traceback(self, daphne):
        """A wrong address is 404, with the policy, and the log has no traceback."""
        with pytest.raises(HTTPError) as caught:
            urlopen(daphne.http_url("/no/such/page"))
        with caught.value as answer:
            assert answer.status == 404
            assert answer.headers["Content-Security-Policy"] == POLICY
        assert "Traceback" not in daphne.log


async def goodbye(client):
    """The code that the server says goodbye with."""
    await client.wait_closed()
    return client.close_code


class TestEnd:
    async def test_everybody_is_told_and_it_is_no_failure(self, start_server):
        """At SIGTERM each client hears 4200, whatever it is connected to, and the exit status is 0."""
        server = start_server()
        paths = ["/echo", "/ws/lobby", "/stats"] * 5
        clients = [await server.connect(path) for path in paths]
        ending = asyncio.create_task(server.stop())
        assert [await goodbye(client) for client in clients] == [4200] * len(clients)
        assert await ending == 0
        assert "Task was destroyed" not in server.log
        assert "never awaited" not in server.log

    async def test_so_is_a_connection_that_has_just_come(self, start_server):
        """A client younger than Daphne's own bookkeeping, which forgets everybody then, hears 4200 too."""
        server = start_server()
        async with server.connect("/echo") as older:
            await older.send("hello")
            assert await older.recv() == "Echo: hello"
            async with server.connect("/echo") as youngest:
                ending = asyncio.create_task(server.stop())
                assert [await goodbye(older), await goodbye(youngest)] == [4200, 4200]
        assert await ending == 0

    async def test_so_are_hundreds_of_all_ages(self, start_server):
        """Many connections, of which many have just come, all hear 4200, and the end is no failure."""
        server = start_server(WEBSOCKETS_PER_ADDRESS=0)
        clients = [await server.connect("/ws/lobby")]  # what the first one waits for the others need not
        clients += await asyncio.gather(*(server.connect("/ws/lobby") for _ in range(249)))
        clients += await asyncio.gather(*(server.connect("/echo") for _ in range(50)))
        ending = asyncio.create_task(server.stop())
        assert [await goodbye(client) for client in clients] == [4200] * 300
        assert await ending == 0
        assert "Traceback" not in server.log

    async def test_a_client_that_does_not_read_holds_nothing_up(self, start_server):
        """The end does not wait for whom it cannot tell."""
        server = start_server()
        deaf = await server.connect("/echo")
        deaf.transport.pause_reading()
        async with server.connect("/echo") as other:
            ending = asyncio.create_task(server.stop())
            assert await goodbye(other) == 4200
        assert await ending == 0
        deaf.transport.abort()
        await deaf.wait_closed()


async def test_nothing_needs_to_be_set(tmp_path, monkeypatch):
    """A fresh copy with no environment migrates, makes its key, serves, and starts the pulse with the first client."""
    for name in ("rtproject", "echo", "rooms", "pulse", "manage.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    site = Site(tmp_path, {})
    site.environment = {
        name: value
        for name, value in without_settings(os.environ).items()
        if not name.startswith(("COV", "DJANGO"))  # what runs here is a copy, whose lines nobody counts
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


async def test_the_access_log_ends_a_path_where_its_query_begins(daphne):
    """Somebody pastes the address of a room, password and all, into a browser."""

    def get() -> None:
        with pytest.raises(HTTPError):
            urlopen(daphne.http_url("/ws/lobby", **{"pass": "hidden-word"}))

    await asyncio.to_thread(get)
    await daphne.wait_for_log('"GET /ws/lobby" 404')
    assert "hidden-word" not in daphne.log


@pytest.mark.parametrize("path", ["/echo", "/stats", "/ws/lobby"])
async def test_one_of_the_offered_subprotocols_is_always_selected(daphne, path):
    """A browser that offers any fails the handshake otherwise."""
    async with daphne.connect(path, subprotocols=["one", "two"]) as client:
        assert client.subprotocol == "one"


async def test_a_subprotocol_is_answered_as_it_was_offered(daphne):
    """Daphne unquotes it; a client that gets another one back than it offered would hear nothing at all."""
    async with daphne.connect("/echo", subprotocols=["x%41"]) as client:
        assert client.subprotocol == "x%41"


async def test_no_header_changes_what_a_path_means(daphne):
    """Daphne has one for a root path; a proxy's rules about `/admin/` would see another path than the site."""
    root = {"Daphne-Root-Path": "/x"}

    def get() -> int:
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(daphne.http_url("/x/admin/login/"), headers=root))
        refused.value.close()
        return refused.value.code

    assert await asyncio.to_thread(get) == 404
    async with daphne.connect("/ws/lobby", additional_headers={"Daphne-Root-Path": "/ws"}) as client:
        assert '"welcome"' in str(await client.recv())


async def test_a_header_that_is_no_text_fills_no_page_of_the_log(daphne):
    """One line for each, and the client gets an error."""
    answer = await asyncio.to_thread(raw_answer, daphne, request("Sec-WebSocket-Protocol: \xff"))
    assert answer.startswith(b"HTTP/1.1 500")
    await daphne.wait_for_log("a request is not readable: UnicodeDecodeError")
    assert "Traceback" not in daphne.log


def raw_answer(server: Daphne, opening: bytes) -> bytes:
    """The first bytes that come back."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as client:
        client.sendall(opening)
        return client.recv(65536)
