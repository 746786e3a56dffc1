"""What one connection is sent: the order, and whom a client delays that does not read."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle, soon, text
from rtproject.websocket.tests.slow_client import Client, write
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


async def test_a_client_that_reads_has_it_at_once(client, send_queue):
    """Nothing is put off when nothing has to wait: not even by one turn of the loop."""
    write(send_queue, "a", "b")
    assert client.read == ["a", "b"]


async def test_a_client_that_pauses_gets_everything_in_order(client, send_queue):
    """What is written while the client does not read is kept, and comes in its turn."""
    client.reading.clear()
    write(send_queue, "a", "b", "c")
    await settle()
    assert client.read == []
    client.reading.set()
    await settle()
    write(send_queue, "d")
    assert client.read == ["a", "b", "c", "d"]


async def test_a_client_that_does_not_read_delays_nobody(client, send_queue):
    """Another client's messages do not wait for it."""
    client.reading.clear()
    other = Client()
    outbox_of_other = SendQueue(other.send, None, other.overflow)
    for number in range(100):
        write(send_queue, str(number))
        write(outbox_of_other, str(number))
    assert len(other.read) == 100
    assert client.read == []


async def test_a_send_may_wait_several_times():
    """A `send` that waits for one thing after another is carried through to its end, in order."""
    read = []

    async def send(message):
        for _ in range(3):
            await asyncio.sleep(0)
        read.append(message["text"])

    send_queue = SendQueue(send, None, lambda: None)
    write(send_queue, "a", "b")
    await soon(send_queue.write_through(Frame("c")))
    assert read == ["a", "b", "c"]


class TestHold:
    async def test_what_is_held_comes_with_the_release(self, client, send_queue):
        """Held messages are sent by the release, in the order of writing."""
        send_queue.hold()
        write(send_queue, "a", "b")
        await settle()
        assert client.read == []
        send_queue.release()
        write(send_queue, "c")
        assert client.read == ["a", "b", "c"]

    async def test_write_through_passes_what_is_held(self, client, send_queue):
        """A welcome comes before the events that arrived earlier and were held."""
        send_queue.hold()
        write(send_queue, "event")
        await send_queue.write_through(Frame("welcome"))
        assert client.read == ["welcome"]
        send_queue.release()
        assert client.read == ["welcome", "event"]

    async def test_what_is_held_stays_when_a_slow_write_through_is_done(self, client, send_queue):
        """The end of a waiting send does not release what is held."""
        send_queue.hold()
        write(send_queue, "event")
        client.reading.clear()
        welcome = asyncio.create_task(send_queue.write_through(Frame("welcome")))
        await settle()
        client.reading.set()
        await soon(welcome)
        assert client.read == ["welcome"]
        send_queue.release()
        assert client.read == ["welcome", "event"]

    async def test_a_release_to_a_client_that_does_not_read_keeps_the_order(self, client, send_queue):
        """Releasing never sends past a message that still waits."""
        send_queue.hold()
        write(send_queue, "a", "b", "c")
        client.reading.clear()
        send_queue.release()
        write(send_queue, "d")
        send_queue.release()
        client.reading.set()
        await settle()
        assert client.read == ["a", "b", "c", "d"]


class TestWriteThrough:
    async def test_returns_when_the_connection_took_it(self, client, send_queue):
        """Its pace is the client's own."""
        client.reading.clear()
        writing = asyncio.create_task(send_queue.write_through(Frame("a")))
        await settle()
        assert not writing.done()
        client.reading.set()
        await soon(writing)
        assert client.read == ["a"]

    async def test_keeps_its_place_behind_what_waits(self, client, send_queue):
        """What was written before is read before."""
        client.reading.clear()
        write(send_queue, "a", "b")
        writing = [asyncio.create_task(send_queue.write_through(Frame(content))) for content in "cd"]
        await settle()
        client.reading.set()
        await soon(asyncio.gather(*writing))
        assert client.read == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("end", ["cancel", "finish"])
    async def test_returns_at_once_after_the_end(self, client, send_queue, end):
        """Nobody waits for a connection that has ended, not even one that a message still waited for."""
        client.reading.clear()
        write(send_queue, "a")
        if end == "cancel":
            send_queue.cancel()
        else:
            send_queue.finish(text("bye"))
            client.reading.set()
        await soon(send_queue.write_through(Frame("late")))
        assert "late" not in client.read
