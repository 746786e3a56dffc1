"""Frames that were joined, on their way to one connection."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle, soon, text
from rtproject.websocket.tests.slow_client import write
from rtproject.websocket.transport import send_queue as module
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


def joined(contents):
    """One frame of several messages, one for each character."""
    return Frame.joined([Frame(content) for content in contents])


async def test_each_message_is_sent_by_itself(client, send_queue):
    """Where there is no wire a server is given one after the other, at once if the client reads."""
    send_queue.write(joined("ab"))
    write(send_queue, "c")
    assert client.read == ["a", "b", "c"]


async def test_a_client_that_pauses_in_the_middle_gets_the_rest_in_its_turn():
    """Before what was written after it."""
    read = []
    may_read = asyncio.Semaphore(1)

    async def send(message):
        await may_read.acquire()
        read.append(message["text"])

    send_queue = SendQueue(send, None, lambda: None)
    send_queue.write(joined("abc"))
    write(send_queue, "d")
    assert read == ["a"]
    for _ in range(3):
        may_read.release()
        await settle()
    assert read == ["a", "b", "c", "d"]


async def test_write_through_returns_when_all_of_it_was_taken(client, send_queue):
    """At the pace of the client."""
    client.reading.clear()
    writing = asyncio.create_task(send_queue.write_through(joined("ab")))
    await settle()
    assert not writing.done()
    client.reading.set()
    await soon(writing)
    assert client.read == ["a", "b"]


async def test_what_is_held_comes_with_the_release(client, send_queue):
    """As it does for a single message."""
    send_queue.hold()
    send_queue.write(joined("ab"))
    assert client.read == []
    send_queue.release()
    assert client.read == ["a", "b"]


async def test_last_words_come_after_the_message_that_is_being_sent():
    """A close never cuts a joined frame in a way that loses the close itself."""
    sent = []
    reading = asyncio.Event()

    async def send(message):
        await reading.wait()
        sent.append(message)

    send_queue = SendQueue(send, None, lambda: None)
    send_queue.write(joined("ab"))
    send_queue.finish(text("bye"))
    reading.set()
    await settle()
    assert sent[-1] == text("bye")


async def test_a_send_that_fails_in_the_middle_ends_it_quietly():
    """The client is gone: the rest is dropped, and so is what comes later."""
    read: list[str] = []

    async def send(message):
        if read:
            raise OSError("gone")
        read.append(message["text"])

    send_queue = SendQueue(send, None, lambda: None)
    send_queue.write(joined("ab"))
    write(send_queue, "c")
    await settle()
    assert read == ["a"]


async def test_all_of_it_counts_for_the_backlog(client, send_queue, monkeypatch):
    """However few frames it was joined to."""
    monkeypatch.setattr(module, "BACKLOG_LIMIT", len(joined("abc")) + module.FRAME_COST)
    client.reading.clear()
    write(send_queue, "first")
    send_queue.write(joined("abc"))
    assert client.overflows == 0
    write(send_queue, "d")
    assert client.overflows == 1


@pytest.mark.parametrize("count", [1, 3])
async def test_a_wire_is_written_once(count):
    """All bytes in one piece: that is what joining is for."""
    written = []

    class Transport:
        def write(self, data):
            written.append(data)
            return True

    frame = joined("abc"[:count])
    SendQueue(None, Transport(), lambda: None).write(frame)  # type: ignore[arg-type]
    assert written == [frame.encoded]
