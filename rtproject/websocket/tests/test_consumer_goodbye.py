"""A client that does not read, on a server that has no wire: nothing can be sent to it, and nothing drops it but us."""

import asyncio

import pytest

from rtproject.websocket import consumer
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import current_registry
from rtproject.websocket.lifecycle import GracefulShutdown
from rtproject.websocket.tests.helpers import ACCEPT, Connection, closed_with, settle, soon
from rtproject.websocket.tests.recorder import Recorder, connection
from rtproject.websocket.transport import send_queue as send_queue
from rtproject.websocket.transport.base import TRANSPORT_KEY
from rtproject.websocket.transport.frames import Frame

pytestmark = pytest.mark.usefixtures("memory")

LONG = "x" * 2**20  # more than may wait


class Told(Recorder):
    """Says what it is told to by the test, past its client."""

    async def connect(self):
        type(self).newest = self
        await super().connect()

    def push(self, *texts):
        """Writes each of `texts` as an event of a group would be."""
        for content in texts:
            self.send_queue.write(Frame(content))


@pytest.fixture
def _hurried(monkeypatch):
    for module in (consumer, send_queue):
        monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.01)


async def stall(client):
    """Fills what may wait for a client that has stopped to read."""
    assert await client.next() == ACCEPT
    client.reading.clear()
    Told.newest.push("first", LONG, LONG)
    assert Told.newest.ended_with == CloseCode.TOO_SLOW


@pytest.mark.usefixtures("_hurried")
async def test_the_application_gives_it_up(caplog):
    """It returns as if the client had gone, so that the server can drop the connection; everything is given back."""
    client = Connection(GracefulShutdown(Told.as_asgi()))
    async with client.running() as task:
        await stall(client)
        await soon(asyncio.wait({task}))
        assert not task.cancelled()
    assert client.sent == [ACCEPT]
    assert Told.ended == [1006]
    assert current_registry()._groups == {}
    assert [record.getMessage() for record in caplog.records] == ["in-process /somewhere closed with 4102"]


@pytest.mark.usefixtures("_hurried")
async def test_a_handler_that_waits_for_it_is_given_up_too():
    """An echo that nobody reads holds nothing back."""
    client = connection(Told)
    async with client.running():
        assert await client.next() == ACCEPT
        client.reading.clear()
        client.say({"type": "websocket.receive", "text": "echo"})
        await settle()
        Told.newest.end(CloseCode.KICKED)
    assert Told.ended == [1006]


@pytest.mark.usefixtures("_hurried")
async def test_one_that_never_answers_the_close_is_given_up_too():
    """It was told, and that was all that could be done."""
    client = connection(Told)
    async with client.running():
        assert await client.next() == ACCEPT
        Told.newest.end(CloseCode.KICKED)
        assert await client.next() == closed_with(4008)
    assert Told.ended == [1006]


async def test_one_that_reads_on_in_time_is_told():
    """The close comes next, and the end is the client's own."""
    client = connection(Told)
    async with client.running():
        await stall(client)
        client.reading.set()
        assert [(await client.next())["type"] for _ in range(2)] == ["websocket.send", "websocket.close"]
        client.leave(4102)
    assert Told.ended == [4102]


async def test_a_shutdown_in_the_meantime_is_a_shutdown():
    """A server that cancels the connection is obeyed."""
    client = connection(Told)
    async with client.running() as task:
        await stall(client)
        task.cancel()
    assert task.cancelled()
    assert Told.ended == [4200]


@pytest.mark.usefixtures("_hurried")
async def test_where_there_is_a_wire_it_is_cut_instead():
    """The wire's own end of the connection comes as a disconnect, which is waited for."""

    class Transport:
        def __init__(self):
            self.cut = asyncio.Event()

        def write(self, data):
            return True

        def abort(self):
            self.cut.set()

    wire = Transport()
    client = connection(Told, **{TRANSPORT_KEY: wire})
    async with client.running() as task:
        assert await client.next() == ACCEPT
        Told.newest.end(CloseCode.KICKED)
        await soon(wire.cut.wait())
        assert not task.done()
        client.leave()
    assert Told.ended == [1001]
