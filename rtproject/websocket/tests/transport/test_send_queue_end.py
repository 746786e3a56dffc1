"""What one client is sent at the end: too much, a last message, or nothing more."""

import asyncio

import pytest

from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.slow_client import Client, joined, write
from rtproject.websocket.transport import send_queue as module
from rtproject.websocket.transport.frames import Frame

TOO_SLOW, UNAVAILABLE = int(CloseCode.TOO_SLOW), int(CloseCode.UNAVAILABLE)


@pytest.fixture
async def client(client):
    """One that is shown everything."""
    client.send_queue.release()
    return client


class TestOverflow:
    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch):
        monkeypatch.setattr(module, "BACKLOG_LIMIT", len(joined("abc")) + module.FRAME_COST)

    async def test_who_is_written_more_than_may_wait_is_too_slow(self, client):
        """Which is told once, and the close comes instead of what waits, however few frames that are."""
        client.reading.clear()
        write(client.send_queue, "first")
        client.send_queue.write(joined("abc"))
        assert client.ended == []
        write(client.send_queue, "x", "y")
        client.reading.set()
        await settle()
        assert client.ended == [TOO_SLOW]
        assert client.taken == ["first", f"close {TOO_SLOW}"]

    @pytest.mark.parametrize("wired", [True, False])
    async def test_what_is_held_counts_too(self, wired):
        """Somebody who is being welcomed for ever does not fill the memory either; a frame of no length is not free."""
        client = Client(wired)
        write(client.send_queue, "", "")
        assert client.ended == [TOO_SLOW]

    async def test_only_what_still_waits_counts(self, client):
        """What was read in the meantime makes room."""
        for _ in range(10):
            client.reading.clear()
            write(client.send_queue, "a")
            client.send_queue.write(joined("abc"))
            client.reading.set()
            await settle()
        assert client.ended == []
        assert len(client.taken) == 40

    async def test_what_is_written_through_may_be_longer(self, client):
        """It waits for nobody's turn but its own."""
        await soon(client.send_queue.write_through(Frame("x" * 2000)))
        assert client.ended == []


class TestStall:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch):
        monkeypatch.setattr(module, "WRITE_TIMEOUT", 0.01)

    async def test_who_reads_nothing_is_too_slow(self, client):
        """Also if little waits for it. The close is not waited for longer than that."""
        client.reading.clear()
        await soon(client.send_queue.write_through(Frame("a")))
        assert client.ended == [TOO_SLOW]
        assert client.taken == ["a", f"close {TOO_SLOW}"]

    async def test_who_reads_slowly_is_not(self):
        """Each byte that a wire gets rid of is a sign of life."""

        class Slow(Client):
            def waiting(self):
                self.unsent -= 1
                if not self.unsent:
                    self.reading.set()
                return self.unsent

        client = Slow(wired=True)
        client.send_queue.release()
        client.unsent = 9
        client.reading.clear()
        assert await soon(client.send_queue.write_through(Frame("a")))
        assert client.ended == []


class TestEnd:
    async def test_the_close_replaces_what_still_waits(self, client):
        """It waits for nothing but what is being sent, and nothing comes after it."""
        client.reading.clear()
        write(client.send_queue, "a", "b", "c")
        client.end(4008)
        write(client.send_queue, "d")
        client.reading.set()
        await settle()
        assert client.taken == ["a", "close 4008"]

    @pytest.mark.parametrize("wired", [True, False])
    async def test_the_close_is_not_held(self, wired):
        """Somebody who is turned away while being welcomed hears it at once."""
        client = Client(wired)
        write(client.send_queue, "a")
        client.end(4008)
        client.send_queue.release()
        await settle()
        assert client.taken == ["close 4008"]

    async def test_who_does_not_read_the_close_is_cut_off(self, monkeypatch):
        """If there is a wire to cut."""
        monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.01)
        client = Client(wired=True)
        client.end(4008)
        await soon(client.aborted.wait())

    async def test_a_connection_that_is_gone_is_sent_nothing(self, client):
        """A send that waits is given up, and nothing follows, not even a close."""
        client.reading.clear()
        write(client.send_queue, "a", "b")
        await settle()
        client.send_queue.cancel()
        client.reading.set()
        write(client.send_queue, "c")
        await settle()
        assert client.taken == ["a"]


class TestFailure:
    async def test_a_client_that_is_gone_ends_quietly(self, client, caplog):
        """Its own disconnect will say so; what is written after that goes nowhere."""
        client.error = OSError("gone")
        write(client.send_queue, "a")
        await settle()
        assert not await soon(client.send_queue.write_through(Frame("b")))
        assert client.taken == client.ended == caplog.records == []

    @pytest.mark.parametrize("waits", [False, True])
    async def test_a_fault_is_logged_and_closes_the_client(self, client, caplog, waits):
        """It would wait for ever otherwise, and nobody would know why."""
        if waits:
            client.reading.clear()
            write(client.send_queue, "first")
            await settle()
        client.error = TypeError("a fault")
        write(client.send_queue, "a", "b")
        client.reading.set()
        await settle()
        assert client.ended == [UNAVAILABLE]
        assert client.taken[-1] == f"close {UNAVAILABLE}"
        assert not {"a", "b"}.intersection(client.taken)
        (record,) = caplog.records
        assert record.exc_info is not None

    async def test_a_send_that_the_server_cancels_ends_quietly(self, caplog):
        """As a future of its own may be when the client goes: what waits does not overtake anything."""
        client = Client(wired=False)
        client.send_queue.release()
        client.error = asyncio.CancelledError()
        write(client.send_queue, "a", "b")
        await settle()
        write(client.send_queue, "c")
        await settle()
        assert client.taken == client.ended == caplog.records == []
