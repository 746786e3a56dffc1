"""The frames of one client: their order, the bound of what may wait, and the close."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.slow_client import Client, joined, write
from rtproject.websocket.transport import send_queue as module
from rtproject.websocket.transport.frames import Frame

TOO_SLOW, UNAVAILABLE = int(CloseCode.TOO_SLOW), int(CloseCode.UNAVAILABLE)


@pytest.fixture(params=[True, False], ids=["transport", "ASGI"])
async def held(request):
    """A client during its welcome: frames of others are held."""
    return Client(request.param)


@pytest.fixture
async def client(held):
    """A client whose welcome is over."""
    held.send_queue.release()
    return held


async def test_with_a_transport_nothing_is_deferred():
    """Not even by one turn of the loop, when nothing has to wait."""
    client = Client(has_transport=True)
    client.send_queue.release()
    write(client.send_queue, "a", "b")
    client.send_queue.write(joined("cd"))
    assert client.taken == ["a", "b", "c", "d"]


async def test_a_client_that_does_not_read_delays_no_other(client):
    """Another client's frames do not wait for it."""
    other = Client(has_transport=False)
    other.send_queue.release()
    client.reading.clear()
    for number in range(100):
        write(client.send_queue, str(number))
        write(other.send_queue, str(number))
    await soon(other.send_queue.flush())
    assert len(other.taken) == 100
    assert client.taken == ["0"]


async def test_held_frames_come_after_those_that_are_written_through(held):
    """A welcome comes before the events that arrived earlier, also if the client reads slowly."""
    write(held.send_queue, "a", "b")
    held.reading.clear()
    welcome = asyncio.create_task(held.send_queue.write_through(Frame("welcome")))
    await settle()
    assert not welcome.done()
    held.reading.set()
    await soon(welcome)
    assert held.taken == ["welcome"]
    held.send_queue.release()
    await settle()
    assert held.taken == ["welcome", "a", "b"]


@settings(deadline=None)
@given(
    has_transport=st.booleans(),
    steps=st.lists(st.sampled_from(["write", "write through", "read", "pause", "release", "turn"])),
)
def test_every_frame_comes_once_and_in_order(has_transport, steps):
    """However a client reads: written frames keep their order, and so do those that are written through."""
    asyncio.run(_play(has_transport, steps))


async def _play(has_transport, steps):
    client = Client(has_transport)
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


class TestBound:
    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch):
        monkeypatch.setattr(module, "BACKLOG_LIMIT", len(joined("abc")) + module.FRAME_COST)

    async def test_more_than_may_wait_is_too_slow(self, client):
        """It ends once, and the close replaces the frames that wait, however few they are."""
        client.reading.clear()
        write(client.send_queue, "first")
        client.send_queue.write(joined("abc"))
        assert client.ended == []
        write(client.send_queue, "x", "y")
        client.reading.set()
        await settle()
        assert client.ended == [TOO_SLOW]
        assert client.taken == ["first", f"close {TOO_SLOW}"]

    async def test_held_frames_count_too(self, held):
        """A welcome without an end does not fill the memory either; an empty frame is not free."""
        write(held.send_queue, "", "")
        assert held.ended == [TOO_SLOW]

    async def test_only_waiting_frames_count(self, client):
        """Frames that are read make room; one that is written through may be longer than the bound."""
        for _ in range(10):
            client.reading.clear()
            write(client.send_queue, "a")
            client.send_queue.write(joined("abc"))
            client.reading.set()
            await settle()
        await soon(client.send_queue.write_through(Frame("x" * 2000)))
        assert client.ended == []
        assert len(client.taken) == 41


class TestWriteTimeout:
    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch):
        monkeypatch.setattr(module, "WRITE_TIMEOUT", 0.01)

    async def test_a_client_that_reads_nothing_is_too_slow(self, client):
        """Also if little waits for it; the close is not waited for any longer."""
        client.reading.clear()
        await soon(client.send_queue.write_through(Frame("a")))
        assert client.ended == [TOO_SLOW]
        assert client.taken == ["a", f"close {TOO_SLOW}"]

    async def test_a_client_that_reads_slowly_is_not(self):
        """Each byte that the transport gets rid of is a sign of life."""

        class Slow(Client):
            def waiting(self):
                self.unsent -= 1
                if not self.unsent:
                    self.reading.set()
                return self.unsent

        client = Slow(has_transport=True)
        client.send_queue.release()
        client.unsent = 9
        client.reading.clear()
        assert await soon(client.send_queue.write_through(Frame("a")))
        assert client.ended == []


class TestEnd:
    async def test_the_close_replaces_frames_that_wait(self, client):
        """It follows the frame that is being sent, and nothing follows it."""
        client.reading.clear()
        write(client.send_queue, "a", "b", "c")
        client.end(4008)
        write(client.send_queue, "d")
        client.reading.set()
        await settle()
        assert client.taken == ["a", "close 4008"]

    async def test_the_close_is_not_held(self, held):
        """It comes at once during a welcome, instead of the held frames."""
        write(held.send_queue, "a")
        held.end(4008)
        held.send_queue.release()
        await settle()
        assert held.taken == ["close 4008"]

    async def test_a_client_that_does_not_read_the_close_is_aborted(self, monkeypatch):
        """If there is a transport to abort."""
        monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.01)
        client = Client(has_transport=True)
        client.end(4008)
        await soon(client.aborted.wait())

    @pytest.mark.parametrize("end", ["cancel", "finish"])
    async def test_a_writer_does_not_wait_for_an_ended_connection(self, client, end):
        """Neither one that waits already nor one that comes later; a cancelled queue sends nothing more."""
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
        write(client.send_queue, "late")
        await settle()
        assert client.taken == (["a"] if end == "cancel" else ["a", "close 4008"])


class TestFailure:
    @pytest.mark.parametrize("error", [OSError("gone"), asyncio.CancelledError()])
    async def test_a_client_that_is_gone_ends_quietly(self, error, caplog):
        """Its own disconnect follows; later frames are dropped and overtake nothing."""
        client = Client(has_transport=False)
        client.send_queue.release()
        client.error = error
        write(client.send_queue, "a", "b")
        await settle()
        write(client.send_queue, "c")
        await settle()
        assert client.taken == client.ended == caplog.records == []

    @pytest.mark.parametrize("waits", [False, True])
    async def test_a_fault_is_logged_and_closes_the_client(self, client, caplog, waits):
        """It would wait for ever otherwise, for no visible reason."""
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
