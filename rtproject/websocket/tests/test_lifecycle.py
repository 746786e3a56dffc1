"""The end of the process."""

import asyncio

from rtproject.websocket import lifecycle as module
from rtproject.websocket.lifecycle import GracefulShutdown, run_in_background, running_tasks
from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, settle, soon, stays

CLIENT = ["192.0.2.1", 50000]


class TestBackground:
    async def test_runs_beside_the_connections(self):
        """The task has the name that it was given and runs to its end."""
        done = asyncio.Event()

        async def work():
            done.set()

        task = run_in_background(work(), "some work")
        await soon(done.wait())
        await soon(task)
        await settle()  # which of a task's callbacks runs first is the interpreter's own business
        assert task.get_name() == "some work"
        assert task not in running_tasks().background

    async def test_an_error_of_it_is_logged(self, caplog):
        """A task that nobody awaits does not fail in silence."""

        async def fail():
            raise RuntimeError("a fault")

        task = run_in_background(fail(), "some work")
        await asyncio.wait({task})
        await settle()
        assert "background task some work ended" in caplog.text
        assert "a fault" in caplog.text

    async def test_is_cancelled_at_the_shutdown(self, reactor, caplog):
        """It has the time to clean up, and its end is no error."""
        cleaned = asyncio.Event()

        async def work():
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.set()

        task = run_in_background(work(), "some work")
        await settle()
        await reactor.shut_down()
        assert task.cancelled()
        assert cleaned.is_set()
        assert caplog.records == []


class TestDrain:
    async def test_without_a_reactor_connections_come_and_go(self):
        """A server that is not Daphne needs nothing of this."""
        client = Connection(GracefulShutdown(stays), client=CLIENT)
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT]
        assert not running_tasks().connections

    async def test_a_reactor_that_does_not_run_is_not_asked(self, reactor):
        """Having imported Twisted is not the same as being run by it."""
        reactor.running = False
        running_tasks()
        assert reactor.triggers == []

    async def test_everybody_is_told_before_the_end(self, reactor):
        """Each open connection is closed with 4200, has the time to answer, and then ends."""
        clients = [Connection(GracefulShutdown(stays), client=CLIENT) for _ in range(3)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        for client in clients:
            assert await client.next() == ACCEPT
        shutdown = asyncio.create_task(reactor.shut_down())
        for client in clients:
            assert await client.next() == closed_with(4200)
            client.say({"type": "websocket.receive", "text": "my last words"})
            client.leave()
        await shutdown
        assert all(task.cancelled() for task in tasks)

    async def test_background_tasks_outlive_the_connections(self, reactor):
        """What connections need to say goodbye is still there while they do."""
        order = []

        async def work():
            try:
                await asyncio.Event().wait()
            finally:
                order.append("background")

        async def notes(scope, receive, send):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                order.append("connection")

        run_in_background(work(), "some work")
        task = asyncio.create_task(Connection(GracefulShutdown(notes)).run())
        await settle()
        await reactor.shut_down()
        assert order == ["connection", "background"]
        assert task.cancelled()

    async def test_a_goodbye_that_has_begun_is_not_interrupted(self, reactor):
        """Daphne cancels the connections as well: whoever was cancelled is not cancelled again."""
        client = Connection(GracefulShutdown(stays), client=CLIENT)
        task = asyncio.create_task(client.run())
        assert await client.next() == ACCEPT
        task.cancel()
        assert await client.next() == closed_with(4200)
        shutdown = asyncio.create_task(reactor.shut_down())
        await settle()
        assert not task.done()
        client.leave()
        await shutdown
        assert task.cancelled()

    async def test_a_client_that_does_not_answer_is_not_waited_for_long(self, reactor, monkeypatch):
        """The time for an answer is limited."""
        monkeypatch.setattr(module, "CLOSE_ANSWER_TIMEOUT", 0.01)
        client = Connection(GracefulShutdown(stays), client=CLIENT)
        task = asyncio.create_task(client.run())
        assert await client.next() == ACCEPT
        await reactor.shut_down()
        assert client.sent == [ACCEPT, closed_with(4200)]
        assert task.cancelled()

    async def test_a_client_that_does_not_read_is_not_waited_for_long(self, monkeypatch):
        """A server whose `send` waits for its client is left in time too."""
        monkeypatch.setattr(module, "CLOSE_ANSWER_TIMEOUT", 0.01)
        client = Connection(GracefulShutdown(stays), client=CLIENT)
        task = asyncio.create_task(client.run())
        assert await client.next() == ACCEPT
        client.reading.clear()
        task.cancel()
        await soon(asyncio.wait({task}))
        assert task.cancelled()

    async def test_a_task_that_does_not_end_is_not_waited_for_long(self, reactor, monkeypatch):
        """The process ends even if a connection will not."""
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

    async def test_who_comes_during_the_shutdown_is_sent_on(self, reactor):
        """The door is closed with the same code, and the application is not bothered."""
        running_tasks()
        await reactor.shut_down()
        client = Connection(GracefulShutdown(stays), client=CLIENT)
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(4200)]

    async def test_a_server_that_cannot_send_any_more_is_no_error(self):
        """There may be nobody left to tell."""

        async def send(message):
            if message["type"] == "websocket.close":
                raise RuntimeError("closed already")

        client = Connection(GracefulShutdown(stays), client=CLIENT)
        task = asyncio.create_task(GracefulShutdown(stays)(client.scope, client._incoming.get, send))
        await settle()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
