"""The end of one connection: it is cleaned up exactly once, also if its client does not read."""

import asyncio

import pytest

from rtproject.websocket import consumer
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupRegistry, broadcast, current_registry
from rtproject.websocket.lifecycle import GracefulShutdown
from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, settle, soon, text
from rtproject.websocket.tests.recorder import Recorder, connection
from rtproject.websocket.transport import send_queue
from rtproject.websocket.transport.base import TRANSPORT_KEY
from rtproject.websocket.transport.frames import Frame

pytestmark = pytest.mark.usefixtures("memory")

LONG = "x" * 2**20  # more than may wait


def assert_cleaned_up(kind, code):
    """The groups are left, and `disconnect` ran once, with `code`."""
    assert kind.ended == [code]
    assert current_registry()._groups == {}


class TestCleanUp:
    @pytest.mark.parametrize(("message", "code"), [({"code": 4999}, 4999), ({}, 1005)])
    async def test_after_the_client_closes(self, message, code):
        """`disconnect` gets the client's code, and 1005 if its close frame had none."""
        client = connection(Recorder)
        client.say({"type": "websocket.disconnect", **message})
        await soon(client.run())
        assert_cleaned_up(Recorder, code)

    @pytest.mark.parametrize("where", ["connect", "receive"])
    async def test_after_a_fault_of_ours(self, where):
        """The error reaches the server, after everything is given back."""

        class Faulty(Recorder):
            async def connect(self):
                await super().connect()
                if where == "connect":
                    raise RuntimeError("a fault")

            async def receive(self, text_data=None, bytes_data=None):
                raise RuntimeError("a fault")

        with pytest.raises(RuntimeError, match="a fault"):
            await soon(connection(Faulty, "hello").run())
        assert_cleaned_up(Faulty, 1006)

    async def test_after_the_server_cancels(self):
        """A cancelled connection leaves its groups as well."""
        client = connection(Recorder)
        async with client.running() as task:
            assert await client.next() == ACCEPT
            task.cancel()
        assert_cleaned_up(Recorder, 4200)

    async def test_after_a_group_that_cannot_be_left(self, monkeypatch):
        """The other groups are left, and `disconnect` runs."""
        leave = GroupRegistry.leave

        async def fail_once(registry, name, member):
            monkeypatch.setattr(GroupRegistry, "leave", leave)
            await leave(registry, name, member)
            raise RuntimeError("a fault")

        class Holding(Recorder):
            async def connect(self):
                await super().connect()
                await self.join("another")

        monkeypatch.setattr(GroupRegistry, "leave", fail_once)
        with pytest.raises(RuntimeError, match="a fault"):
            await connection(Holding).visit()
        assert_cleaned_up(Holding, 1001)

    @pytest.mark.parametrize(("ends", "code"), [(True, 4008), (False, 1001)])
    async def test_an_end_is_one_line_of_log(self, caplog, ends, code):
        """The line has our code if we closed, else the client's."""

        class Ending(Recorder):
            async def connect(self):
                await super().connect()
                if ends:
                    self.end(CloseCode.KICKED)

        await connection(Ending).visit()
        assert caplog.messages == [f"in-process /somewhere closed with {code}"]


class TestSlowClient:
    """A client that does not read, on a server without a transport of ours: only our return drops it."""

    @pytest.fixture
    def _short_timeouts(self, monkeypatch):
        for module in (consumer, send_queue):
            monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.01)

    @staticmethod
    async def overflow(client):
        """Stop reading, and let more wait than may."""
        assert await client.next() == ACCEPT
        client.reading.clear()
        for content in ("first", LONG, LONG):
            Recorder.newest.send_queue.write(Frame(content))
        assert Recorder.newest.ended_with == CloseCode.TOO_SLOW

    async def test_it_is_closed_as_soon_as_it_reads(self, monkeypatch):
        """The close comes instead of the frames that waited, and the end is the client's own."""
        monkeypatch.setattr(send_queue, "BACKLOG_LIMIT", 14)
        client = connection(Recorder)
        async with client.running():
            assert await client.next() == ACCEPT
            client.reading.clear()
            for content in ("first", "12345", "67890", "x"):
                await broadcast("group", content)
            await settle()
            client.reading.set()
            assert [await client.next(), await client.next()] == [text("first"), closed_with(4102)]
            client.leave(4102)
        assert Recorder.ended == [4102]

    @pytest.mark.usefixtures("_short_timeouts")
    async def test_the_application_returns(self, caplog):
        """As if the client had gone, so that the server can drop the connection; everything is given back."""
        client = Connection(GracefulShutdown(Recorder.as_asgi()))
        async with client.running() as task:
            await self.overflow(client)
            await soon(asyncio.wait({task}))
            assert not task.cancelled()
        assert client.sent == [ACCEPT]
        assert_cleaned_up(Recorder, 1006)
        assert caplog.messages == ["in-process /somewhere closed with 4102"]

    @pytest.mark.usefixtures("_short_timeouts")
    async def test_a_handler_that_waits_for_it_is_given_up(self):
        """An echo that is never read blocks nothing."""
        client = connection(Recorder)
        async with client.running():
            assert await client.next() == ACCEPT
            client.reading.clear()
            client.say({"type": "websocket.receive", "text": "echo"})
            await settle()
            Recorder.newest.end(CloseCode.KICKED)
        assert Recorder.ended == [1006]

    @pytest.mark.usefixtures("_short_timeouts")
    async def test_a_client_that_never_answers_the_close_is_given_up(self):
        """The close was sent, and the application returns."""
        client = connection(Recorder)
        async with client.running():
            assert await client.next() == ACCEPT
            Recorder.newest.end(CloseCode.KICKED)
            assert await client.next() == closed_with(4008)
        assert Recorder.ended == [1006]

    @pytest.mark.usefixtures("_short_timeouts")
    async def test_with_a_transport_the_connection_is_aborted_instead(self):
        """The end of the transport comes as a disconnect, which is waited for."""

        class Transport:
            def __init__(self):
                self.aborted = asyncio.Event()

            def write(self, data):
                return True

            def abort(self):
                self.aborted.set()

        transport = Transport()
        client = connection(Recorder, **{TRANSPORT_KEY: transport})
        async with client.running() as task:
            assert await client.next() == ACCEPT
            Recorder.newest.end(CloseCode.KICKED)
            await soon(transport.aborted.wait())
            assert not task.done()
            client.leave()
        assert Recorder.ended == [1001]
