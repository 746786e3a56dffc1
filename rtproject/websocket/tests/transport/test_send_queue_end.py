"""What one connection is sent at the end: too much, a last message, or nothing more."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle, soon, text
from rtproject.websocket.tests.slow_client import write
from rtproject.websocket.transport import send_queue as module
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class TestOverflow:
    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch):
        monkeypatch.setattr(module, "BACKLOG_LIMIT", 1038)  # two frames of 5 characters and what they cost

    async def test_is_told_once(self, client, send_queue):
        """Whoever writes more than may wait is told so, once and not for each further message."""
        client.reading.clear()
        write(send_queue, "first", "12345", "67890")
        assert client.overflows == 0
        write(send_queue, "x", "y", "z")
        assert client.overflows == 1

    async def test_counts_what_is_held(self, client, send_queue):
        """A member that is being welcomed for ever does not fill the memory either."""
        send_queue.hold()
        write(send_queue, "12345", "67890")
        assert client.overflows == 0
        write(send_queue, "x")
        assert client.overflows == 1

    async def test_counts_only_what_still_waits(self, client, send_queue):
        """What was read in the meantime makes room."""
        for _ in range(10):
            client.reading.clear()
            write(send_queue, "first", "12345", "67890")
            client.reading.set()
            await settle()
        assert client.overflows == 0
        assert len(client.read) == 30

    async def test_counts_bytes_as_it_counts_text(self, client, send_queue):
        """Binary frames fill the backlog as well."""
        client.reading.clear()
        write(send_queue, "first")
        send_queue.write(Frame(b"x" * 600))
        assert client.overflows == 1


class TestEnd:
    async def test_the_last_message_replaces_what_still_waits(self, client, send_queue):
        """A close does not wait behind a backlog, only behind the one that is being sent."""
        client.reading.clear()
        write(send_queue, "a", "b", "c")
        send_queue.finish(text("bye"))
        write(send_queue, "d")
        client.reading.set()
        await settle()
        assert client.read == ["a", "bye"]

    async def test_the_last_message_waits_for_the_client_too(self, client, send_queue):
        """Whoever ends a connection does not wait for it, and a client that reads on finds the close."""
        client.reading.clear()
        send_queue.finish(text("bye"))
        await settle()
        assert client.read == []
        client.reading.set()
        await settle()
        assert client.read == ["bye"]

    async def test_the_last_message_is_not_held(self, client, send_queue):
        """Somebody who is turned away while being welcomed hears it at once."""
        send_queue.hold()
        write(send_queue, "a")
        send_queue.finish(text("bye"))
        send_queue.release()
        assert client.read == ["bye"]

    async def test_a_connection_that_is_gone_is_sent_nothing(self, client, send_queue):
        """After `cancel` a send that waits is given up, and nothing follows."""
        client.reading.clear()
        write(send_queue, "a", "b")
        await settle()
        send_queue.cancel()
        client.reading.set()
        write(send_queue, "c")
        await settle()
        assert client.read == []

    async def test_a_send_that_waits_is_told_of_the_cancellation(self):
        """A `send` that is given up can clean up after itself."""
        cancelled = asyncio.Event()

        async def send(message):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        send_queue = SendQueue(send, None, lambda: None)
        write(send_queue, "a")
        await settle()
        send_queue.cancel()
        await soon(cancelled.wait())


class TestFailure:
    async def test_a_send_that_fails_at_once_ends_the_connection_quietly(self, client, send_queue):
        """The client is gone: its own disconnect will say so, and nobody else has to hear of it."""
        client.error = OSError("gone")
        write(send_queue, "a")
        client.error = None
        write(send_queue, "b")
        await send_queue.write_through(Frame("c"))
        assert client.read == []

    async def test_a_send_that_fails_later_ends_the_connection_quietly(self, client, send_queue):
        """The same holds for one that had to wait, and what waited behind it is dropped."""
        client.reading.clear()
        write(send_queue, "a", "b")
        client.error = OSError("gone")
        client.reading.set()
        await settle()
        client.error = None
        write(send_queue, "c")
        assert client.read == []
