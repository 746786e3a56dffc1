"""Background tasks and the graceful shutdown."""

import asyncio
import sys
from types import SimpleNamespace

import pytest

from rtproject.websocket import lifecycle as module
from rtproject.websocket.lifecycle import GracefulShutdown, run_in_background, running_tasks
from rtproject.websocket.tests.helpers import ACCEPT, CLIENT, Connection, closed_with, settle, soon, stays
from rtproject.websocket.transport.base import TRANSPORT_KEY


class Reactor:
    """Twisted's reactor, as far as a shutdown needs it; it runs in the test's loop, as it does in Daphne."""

    running = True

    def __init__(self):
        self.triggers = []

    def addSystemEventTrigger(self, phase, event, call):  # noqa: N802 - Twisted's name
        self.triggers.append((phase, event, call))

    def getReaders(self):  # noqa: N802
        """No socket was handed over."""
        return []

    async def shut_down(self):
        """Act as at SIGTERM: call the trigger and wait for its Deferred."""
        [(phase, event, call)] = self.triggers
        assert (phase, event) == ("before", "shutdown")
        await soon(call().asFuture(asyncio.get_running_loop()))


@pytest.fixture
async def reactor(monkeypatch):
    """The reactor that the process runs."""
    reactor = Reactor()
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", reactor)
    monkeypatch.setattr(module, "_exit_at_last", lambda: None)  # it would end the tests
    return reactor


@pytest.fixture
async def open_clients():
    """Opens connections and returns each with the task of its application."""

    async def open_them(count=1, application=stays):
        clients = [Connection(GracefulShutdown(application), client=CLIENT) for _ in range(count)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        for client in clients:
            assert await client.next() == ACCEPT
        return list(zip(clients, tasks, strict=True))

    return open_them


class TestBackground:
    async def test_an_error_is_logged(self, caplog):
        """A task that is never awaited does not fail in silence."""

        async def fail():
            raise RuntimeError("a fault")

        task = run_in_background(fail(), "some work")
        await asyncio.wait({task})
        await settle()
        assert "background task some work ended" in caplog.text
        assert "a fault" in caplog.text

    async def test_a_task_is_cancelled_at_the_shutdown_after_the_connections(self, reactor, caplog):
        """Connections can still use it while they close; it has time to clean up, and its end is no error."""
        order = []

        async def wait_and_note(name):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                order.append(name)

        async def application(scope, receive, send):
            await wait_and_note("connection")

        background = run_in_background(wait_and_note("background"), "some work")
        connection = asyncio.create_task(Connection(GracefulShutdown(application)).run())
        await settle()
        await reactor.shut_down()
        assert order == ["connection", "background"]
        assert background.cancelled()
        assert connection.cancelled()
        assert caplog.records == []


class TestShutdown:
    async def test_every_client_is_closed_before_the_end(self, reactor, open_clients):
        """Each open connection is closed with 4200, has time to answer, and then ends."""
        opened = await open_clients(3)
        shutdown = asyncio.create_task(reactor.shut_down())
        for client, _ in opened:
            assert await client.next() == closed_with(4200)
            client.say({"type": "websocket.receive", "text": "still talking"})
            client.leave()
        await shutdown
        assert all(task.cancelled() for _, task in opened)

    async def test_a_close_that_has_begun_is_not_interrupted(self, reactor, open_clients):
        """Daphne cancels the connections as well: a cancelled one is not cancelled again."""
        [(client, task)] = await open_clients()
        task.cancel()
        assert await client.next() == closed_with(4200)
        shutdown = asyncio.create_task(reactor.shut_down())
        await settle()
        assert not task.done()
        client.leave()
        await shutdown
        assert task.cancelled()

    @pytest.mark.parametrize("reads", [True, False])
    async def test_a_client_that_does_not_answer_delays_it_only_shortly(
        self, reactor, open_clients, monkeypatch, reads
    ):
        """The time for an answer is limited, also where `send` waits for the client."""
        monkeypatch.setattr(module, "CLOSE_ANSWER_TIMEOUT", 0.01)
        [(client, task)] = await open_clients()
        if not reads:
            client.reading.clear()
        await reactor.shut_down()
        assert client.sent == [ACCEPT, closed_with(4200)][: 1 + reads]
        assert task.cancelled()

    async def test_a_connection_that_does_not_end_delays_it_only_shortly(self, reactor, monkeypatch):
        """The process ends even if an application ignores its cancellation."""
        monkeypatch.setattr(module, "CONNECTIONS_TIMEOUT", 0.01)
        release = asyncio.Event()

        async def stubborn(scope, receive, send):
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        task = asyncio.create_task(Connection(GracefulShutdown(stubborn)).run())
        await settle()
        await reactor.shut_down()
        assert not task.done()
        release.set()
        await soon(task)

    async def test_a_connection_that_comes_during_it_is_closed(self, reactor):
        """It gets the same code, and the application is not called."""
        running_tasks()
        await reactor.shut_down()
        assert await Connection(GracefulShutdown(stays), client=CLIENT).visit() == [closed_with(4200)]


async def denies(scope, receive, send):
    """Answer anything: it must not be asked."""
    await send(closed_with(4003))


async def test_behind_a_proxy_a_newcomer_of_a_server_that_ends_is_left_to_another(settings):
    """The proxy asks the next process when this one hangs up; a close code would reach the client."""
    settings.WEBSOCKET = {"TRUSTED_PROXIES": 1}
    aborted = []
    transport = SimpleNamespace(abort=lambda: aborted.append(True))
    running_tasks().begun = True
    client = Connection(GracefulShutdown(denies), client=CLIENT, **{TRANSPORT_KEY: transport})
    await soon(client.run())
    assert (client.sent, aborted) == ([], [True])
