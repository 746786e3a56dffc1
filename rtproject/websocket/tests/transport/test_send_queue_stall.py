"""Who is too slow: whoever reads nothing at all, not whoever reads slowly."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle, soon, text
from rtproject.websocket.transport import send_queue as module
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class Trickle:
    """A wire to a client that takes one byte whenever somebody looks, until `stuck` bytes are left."""

    def __init__(self, size: int, stuck: int = 0) -> None:
        self.size = size
        self.stuck = stuck
        self.empty = asyncio.Event()
        self.written: list[bytes] = []

    def write(self, data: bytes) -> bool:
        self.written.append(data)
        return False

    def waiting(self) -> int:
        self.size = max(self.stuck, self.size - 1)
        if not self.size:
            self.empty.set()
        return self.size

    async def drained(self) -> None:
        await self.empty.wait()

    def is_open(self) -> bool:
        return True

    def abort(self) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_TIMEOUT", 0.01)


async def test_who_reads_on_is_waited_for():
    """However long it takes: each byte that goes is a sign of life."""
    slow = asyncio.Event()
    wire = Trickle(20)
    send_queue = SendQueue(None, wire, slow.set)  # type: ignore[arg-type]
    await soon(send_queue.write_through(Frame("hello")))
    assert not slow.is_set()
    assert wire.size == 0


async def test_who_reads_nothing_is_not():
    """The client that stopped in the middle is given up."""
    slow = asyncio.Event()
    send_queue = SendQueue(None, Trickle(20, stuck=5), slow.set)  # type: ignore[arg-type]
    send_queue.write(Frame("hello"))
    await soon(slow.wait())


async def test_nor_is_it_waited_for_until_it_reads_that_it_was_given_up(client):
    """A close that is stuck behind everything else, as it is without a wire, is given up in its turn."""
    send_queue = SendQueue(client.send, None, lambda: send_queue.finish(text("bye")))
    client.reading.clear()
    send_queue.write(Frame("hello"))
    await soon(send_queue.write_through(Frame("more")))
    client.reading.set()
    await settle()
    assert client.read == []
