"""The helpers of the tests do what the tests believe they do."""

import asyncio
import signal
import socket
import sys
from urllib.request import urlopen

import pytest
from django.conf import settings

from rtproject.environment import DECLARED
from rtproject.tests.support.browser import find_chromium
from rtproject.tests.support.isolation import SETTINGS, without_settings
from rtproject.tests.support.running import RUNNING
from rtproject.tests.support.servers import Daphne, PulseWorker, Uvicorn
from rtproject.tests.support.valkey import Valkey

CAUSE_PROBLEMS = """() => {
    console.error("complaint");
    document.body.append(Object.assign(new Image(), {src: "http://elsewhere.test/"}));
    setTimeout(() => { document.body.setAttribute("style", "color: red") });
    setTimeout(() => { throw new Error("broken") });
}"""


def test_every_declared_setting_is_kept_out_of_the_tests():
    assert settings.configured
    assert set(DECLARED) == SETTINGS


def test_the_environment_without_settings_keeps_everything_else():
    assert without_settings({"REDIS_URL": "redis://elsewhere", "PATH": "/bin"}) == {"PATH": "/bin"}


class TestServers:
    @pytest.mark.parametrize("kind", [Daphne, Uvicorn])
    async def test_a_server_answers_and_ends(self, kind, start_server):
        server = start_server(kind)
        async with server.connect("/echo") as client:
            await client.send("hello")
            assert await client.recv() == "Echo: hello"
        assert server in RUNNING
        await server.stop()
        assert not server.running
        assert server not in RUNNING

    async def test_a_sudden_end_is_minus_nine(self, start_server):
        assert start_server().kill() == -9

    async def test_a_stopped_server_can_still_be_ended(self, start_server):
        server = start_server()
        server.send_signal(signal.SIGSTOP)
        await server.stop()
        assert not server.running

    async def test_the_log_is_waited_for(self, start_server):
        server = start_server()
        mark = len(server.log)
        waiting = asyncio.create_task(server.wait_for_log("/nowhere-at-all", after=mark))
        with pytest.raises(Exception, match=r"4004|403"):
            async with server.connect("/nowhere-at-all") as client:
                await client.recv()
        assert "/nowhere-at-all" in await waiting

    def test_a_log_line_that_never_comes_is_an_error_that_shows_the_log(self, start_server):
        server = start_server()
        with pytest.raises(AssertionError, match="Listening on TCP"):
            server.expect_log("never written", timeout=0.01)
        server.terminate()
        with pytest.raises(AssertionError, match="ended without 'never written'"):
            server.expect_log("never written")

    def test_a_server_that_cannot_start_shows_why(self, new_site):
        running = set(RUNNING)
        with pytest.raises(AssertionError, match="PULSE_INTERVAL must be"):
            Daphne(new_site(PULSE_INTERVAL="often"))
        assert running == RUNNING

    def test_servers_may_share_a_site(self, start_server):
        first = start_server(demo=False)
        second = start_server(site=first.site)
        count = "from rooms.models import Room; print(Room.objects.count())"
        assert second.execute(count) == "0\n"
        first.manage("demo")
        assert second.execute(count) == "2\n"
        assert first.port != second.port

    def test_a_command_that_fails_shows_its_output(self, new_site):
        with pytest.raises(AssertionError, match="Unknown command"):
            new_site().manage("no_such_command")

    def test_settings_reach_the_server_and_the_developers_own_do_not(self, new_site, monkeypatch):
        monkeypatch.setenv("ROOMS_MAX_TEXT", "1")
        site = new_site(PULSE_INTERVAL=2)
        printed = site.execute(
            "from django.conf import settings as s; print(s.ROOMS_MAX_TEXT, s.PULSE_INTERVAL)"
        )
        assert printed == "4096 2.0\n"

    def test_pages_are_reachable(self, daphne):
        with urlopen(daphne.http_url("/", q="a b")) as answer:
            assert answer.status == 200
        assert daphne.ws_url("/ws/VIP", **{"pass": "a b"}).endswith("/ws/VIP?pass=a+b")


def test_the_shared_server_has_the_demo_rooms(daphne):
    names = daphne.execute(
        "from rooms.models import Room; print(*Room.objects.order_by('name').values_list('name'))"
    )
    assert names.count("(") == 2


class TestValkey:
    def test_restarts_on_the_same_port(self, valkey):
        first = valkey.pid
        valkey.restart()
        assert valkey.running
        assert valkey.pid != first

    def test_stop_refuses_connections(self, valkey):
        valkey.stop()
        assert not valkey.running
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", valkey.port))
        valkey.start()
        assert valkey.running

    def test_a_pause_answers_nothing(self, valkey):
        valkey.pause()
        assert not valkey.running
        valkey.resume()
        assert valkey.running

    def test_two_are_apart(self, valkey):
        other = Valkey()
        try:
            assert other.port != valkey.port
        finally:
            other.kill()

    async def test_processes_share_it(self, valkey, start_server):
        server = start_server(REDIS_URL=valkey.url, PULSE_INTERVAL=0.5)
        worker = start_server(PulseWorker, site=server.site)
        async with server.connect("/stats") as client:
            assert '"pulse"' in await asyncio.wait_for(client.recv(), 10)
        await worker.stop()


class TestBrowser:
    async def test_a_page_of_the_site_has_no_problems(self, daphne, page):
        await page.goto(daphne.http_url("/"))
        assert await page.locator("h1").count() == 1

    async def test_problems_are_noticed(self, daphne, pages):
        page = await pages.new()
        await page.goto(daphne.http_url("/"))
        async with page.expect_event("console", lambda message: "style-src" in message.text):
            await page.evaluate(CAUSE_PROBLEMS)
        problems = "\n".join(await pages.settled_problems())
        pages.problems.clear()
        assert "JavaScript: broken" in problems
        assert "console: complaint" in problems
        assert "request to elsewhere: http://elsewhere.test/" in problems
        assert "Content-Security-Policy: img-src forbids http://elsewhere.test/" in problems

    async def test_each_page_is_another_visitor(self, daphne, pages):
        one, other = await pages.new(), await pages.new()
        await one.goto(daphne.http_url("/"))
        await one.evaluate("() => { document.cookie = 'mine=1' }")
        await other.goto(daphne.http_url("/"))
        assert "mine=1" not in await other.evaluate("() => document.cookie")

    def test_chromium_is_found_where_the_variable_says(self, monkeypatch):
        monkeypatch.setenv("CHROMIUM", sys.executable)
        assert find_chromium() == sys.executable
        monkeypatch.delenv("CHROMIUM")
        monkeypatch.setenv("PATH", "")
        assert find_chromium() is None
