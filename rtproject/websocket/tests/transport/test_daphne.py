"""The transport of Daphne on Daphne's own classes, so that an upgrade that breaks it fails here."""

import asyncio
from functools import partial

import pytest
from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]

from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.transport.twisted_pair import Pair
from rtproject.websocket.transport.daphne import (
    MOST_FRAGMENTS,
    READ_AHEAD,
    STATE_OPEN,
    DaphneTransport,
    find_daphne,
)
from rtproject.websocket.transport.frames import Frame

LONG = Frame(b"x" * 65536).encoded


@pytest.fixture
async def pair():
    """A connection whose client reads when the test does."""
    made = Pair()
    yield made
    made.close()


def fill(pair):
    """Write until the client has to be waited for. Returns the number of bytes."""
    written = len(LONG)
    while pair.transport.write(LONG):
        written += len(LONG)
    return written


class TestFinding:
    async def test_it_is_found_on_a_connection_of_daphne(self, pair):
        """All the private parts that it needs are there."""
        assert isinstance(pair.transport, DaphneTransport)
        assert WebSocketProtocol.STATE_OPEN == STATE_OPEN

    async def test_another_send_or_receive_is_not_daphnes(self, pair):
        """Neither of another server, nor one that something is wrapped around."""

        async def other(*message):
            pass

        for send in (other, partial(other), partial(other, pair.protocol), partial(pair.send, None)):
            assert find_daphne(pair.queue.get, send) is None
        assert find_daphne(other, pair.send) is None

    async def test_without_a_plain_socket_there_is_none(self, pair):
        """A TLS transport passes on the attributes of the socket's: writes there would go out unencrypted."""

        class Wrapper:
            def __getattr__(self, name):
                return getattr(pair.tcp, name)

        for transport in (object(), Wrapper()):
            pair.protocol.transport = transport
            assert find_daphne(pair.queue.get, pair.send) is None
        pair.protocol.transport = pair.tcp
        for tls in (True, False):
            pair.tcp.TLS = tls
            assert (find_daphne(pair.queue.get, pair.send) is None) is tls


class TestOut:
    async def test_a_frame_is_sent_at_once(self, pair):
        """No turn of the reactor is needed."""
        assert pair.transport.write(Frame("hello").encoded)
        assert pair.read() == Frame("hello").encoded

    async def test_bytes_that_the_socket_does_not_take_come_later(self, pair):
        """Nothing is lost, doubled or reordered where one write ends and the next begins."""
        frames = [Frame(b"%d" % number + b"x" * 10_000).encoded for number in range(200)]
        for frame in frames:
            pair.transport.write(frame)
        assert pair.carry() == b"".join(frames)

    async def test_all_writers_wait_for_a_client_that_does_not_read(self, pair):
        """When it reads on there is room again; a cancelled writer leaves the others waiting."""
        written = fill(pair)
        waiting = [asyncio.create_task(pair.transport.drained()) for _ in range(3)]
        await settle()
        waiting.pop().cancel()
        await settle()
        assert not any(task.done() for task in waiting)
        assert len(pair.carry()) == written
        await soon(asyncio.gather(*waiting))
        await soon(pair.transport.drained())
        assert pair.transport.write(Frame("more").encoded)
        assert pair.read() == Frame("more").encoded

    async def test_an_abort_ends_a_connection_that_does_not_read(self, pair):
        """Unsent bytes are given up, writers wait no longer, and later frames are dropped."""
        fill(pair)
        waiting = asyncio.create_task(pair.transport.drained())
        await settle()
        pair.transport.abort()
        pair.reactor.run_later()
        await soon(waiting)
        assert pair.lost
        assert pair.transport.write(LONG)
        await soon(pair.transport.drained())

    @pytest.mark.parametrize("state", ["STATE_CLOSING", "STATE_CLOSED", "STATE_CONNECTING"])
    async def test_nothing_is_written_behind_a_close(self, pair, state):
        """RFC 6455 section 5.5.1: after a close frame there are no more."""
        pair.protocol.state = getattr(WebSocketProtocol, state)
        assert pair.transport.write(LONG)
        assert pair.read() == b""


class TestIn:
    async def test_messages_come_in_order_and_the_disconnect_last(self, pair):
        """Also when nothing more is read."""
        long = b"x" * (2 * READ_AHEAD)
        pair.protocol.onMessage(b"one", False)
        pair.protocol.onMessage(long, True)
        pair.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        assert [await soon(pair.transport.receive()) for _ in range(3)] == [
            {"type": "websocket.receive", "text": "one"},
            {"type": "websocket.receive", "bytes": long},
            {"type": "websocket.disconnect", "code": 1006},
        ]

    async def test_the_socket_is_not_read_while_enough_waits(self, pair):
        """It is read on after the last message is handed over, as often as that happens."""
        for _ in range(3):
            for _ in range(2):
                assert pair.reading
                pair.protocol.onMessage(b"x" * (READ_AHEAD - 1000), True)
            assert not pair.reading
            await soon(pair.transport.receive())
            assert not pair.reading
            await soon(pair.transport.receive())
            assert pair.reading

    async def test_many_empty_messages_are_enough_too(self, pair):
        """The memory of a message counts, not only its content."""
        for _ in range(5000):
            pair.protocol.onMessage(b"", True)
        assert not pair.reading
        for _ in range(5000):
            await soon(pair.transport.receive())
        assert pair.reading

    async def test_a_client_that_does_not_read_is_not_read(self, pair):
        """Answers to its pings would fill a buffer that is never emptied."""
        fill(pair)
        assert not pair.reading
        pair.carry()
        assert pair.reading

    async def test_a_message_of_countless_fragments_ends_the_connection(self, pair, monkeypatch):
        """Empty fragments take memory too, and no limit of sizes counts them."""
        monkeypatch.setattr(type(pair.protocol), "onMessageFrameBegin", lambda self, length: None)
        for _ in range(MOST_FRAGMENTS):
            pair.protocol.onMessageFrameBegin(0)
        assert not pair.tcp.disconnecting
        pair.protocol.onMessageFrameBegin(0)
        pair.reactor.run_later()
        assert pair.lost
