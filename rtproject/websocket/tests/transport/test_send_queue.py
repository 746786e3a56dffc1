"""What one client is sent: the order, and who waits for a client that does not read."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.slow_client import Client, joined, write
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


async def test_with_a_wire_nothing_is_put_off():
    """Not even by one turn of the loop, when nothing has to wait."""
    client = Client(wired=True)
    client.send_queue.release()
    write(client.send_queue, "a", "b")
    client.send_queue.write(joined("cd"))
    assert client.taken == ["a", "b", "c", "d"]


async def test_a_send_may_return_any_awaitable():
    """Not every server's is a coroutine."""
    sent = asyncio.get_running_loop().create_future()
    sent.set_result(None)
    assert await soon(SendQueue(lambda message: sent, None, print).write_through(Frame("a")))


async def test_a_client_that_does_not_read_delays_nobody(client):
    """Another client's messages do not wait for it."""
    other = Client(wired=False)
    for each in (client, other):
        each.send_queue.release()
    client.reading.clear()
    for number in range(100):
        write(client.send_queue, str(number))
        write(other.send_queue, str(number))
    await soon(other.send_queue.flush())
    assert len(other.taken) == 100
    assert client.taken == ["0"]


async def test_what_is_held_comes_after_what_is_written_through(client):
    """A welcome comes before the events that arrived earlier, also if the client takes its time."""
    write(client.send_queue, "a", "b")
    client.reading.clear()
    welcome = asyncio.create_task(client.send_queue.write_through(Frame("welcome")))
    await settle()
    assert not welcome.done()
    client.reading.set()
    await soon(welcome)
    assert client.taken == ["welcome"]
    client.send_queue.release()
    await settle()
    assert client.taken == ["welcome", "a", "b"]


@pytest.mark.parametrize("end", ["cancel", "finish"])
async def test_nobody_waits_for_a_connection_that_has_ended(client, end):
    """Neither who waits already nor who comes later."""
    client.send_queue.release()
    client.reading.clear()
    waiting = asyncio.create_task(client.send_queue.write_through(Frame("a")))
    await settle()
    if end == "cancel":
        client.send_queue.cancel()
    else:
        client.end(4008)
        client.reading.set()
    assert not await soon(waiting)
    assert not await soon(client.send_queue.write_through(Frame("late")))
    assert "late" not in client.taken


@settings(deadline=None)
@given(
    wired=st.booleans(),
    steps=st.lists(st.sampled_from(["write", "write through", "read", "pause", "release", "turn"])),
)
def test_everything_comes_once_and_in_order(wired, steps):
    """However a client reads. What is written keeps its order, and so does what is written through."""
    asyncio.run(_play(wired, steps))


async def _play(wired, steps):
    client = Client(wired)
    send_queue = client.send_queue
    expected: dict[str, list[str]] = {"written": [], "through": []}
    to_write_through: asyncio.Queue[str | None] = asyncio.Queue()

    async def write_through():
        while (content := await to_write_through.get()) is not None:
            assert await send_queue.write_through(Frame(content))

    consumer = asyncio.create_task(write_through())
    for number, step in enumerate(steps):
        if step == "write":
            contents = [f"written {number}.{part}" for part in range(1 + number % 2)]
            expected["written"] += contents
            send_queue.write(Frame.joined([Frame(content) for content in contents]))
        elif step == "write through":
            expected["through"].append(f"through {number}")
            to_write_through.put_nowait(f"through {number}")
        elif step == "turn":
            await asyncio.sleep(0)
        else:
            {"read": client.reading.set, "pause": client.reading.clear, "release": send_queue.release}[step]()
    client.reading.set()
    send_queue.release()
    to_write_through.put_nowait(None)
    await soon(consumer)
    await soon(send_queue.flush())
    for kind, contents in expected.items():
        assert [text for text in client.taken if text.startswith(kind)] == contents
    assert client.ended == []
