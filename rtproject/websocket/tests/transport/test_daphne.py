"""The wire of Daphne, on Daphne's own classes: these tests notice when an upgrade changes what it rests on."""

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
    """Writes until the client has to be waited for. Returns how many bytes that were."""
    written = len(LONG)
    while pair.wire.write(LONG):
        written += len(LONG)
    return written


class TestFinding:
    async def test_it_is_found_on_a_connection_of_daphne(self, pair):
        """All that it needs is there."""
        assert isinstance(pair.wire, DaphneTransport)

    def test_an_open_connection_is_the_state_that_we_know(self):
        """Autobahn's number for it is ours."""
        assert WebSocketProtocol.STATE_OPEN == STATE_OPEN

    async def test_another_send_is_not_daphnes(self, pair):
        """Neither one of another server, nor one that something was put around."""

        async def send(message):
            pass

        for other in (send, partial(send), partial(send, pair.protocol), partial(pair.send, None)):
            assert find_daphne(pair.queue.get, other) is None

    async def test_another_receive_is_not_daphnes(self, pair):
        """A queue that we cannot see into is not paced."""

        async def receive():
            pass

        assert find_daphne(receive, pair.send) is None

    async def test_without_something_that_it_needs_there_is_no_wire(self, pair):
        """A transport that lacks anything of it, as one with TLS does, is served through ASGI."""
        pair.protocol.transport = object()
        assert find_daphne(pair.queue.get, pair.send) is None


class TestOut:
    async def test_a_frame_is_sent_at_once(self, pair):
        """No turn of the reactor is needed."""
        assert pair.wire.write(Frame("hello").encoded)
        assert pair.read() == Frame("hello").encoded

    async def test_what_the_socket_does_not_take_comes_later_and_in_order(self, pair):
        """Nothing is lost or doubled where one write ends and the next begins."""
        frames = [Frame(b"%d" % number + b"x" * 10_000).encoded for number in range(200)]
        for frame in frames:
            pair.wire.write(frame)
        assert pair.carry() == b"".join(frames)

    async def test_it_tells_when_the_client_has_to_be_waited_for(self, pair):
        """When the client has read on there is room again, for all who wait."""
        written = fill(pair)
        waiting = [asyncio.create_task(pair.wire.drained()) for _ in range(2)]
        await settle()
        assert not any(task.done() for task in waiting)
        assert len(pair.carry()) == written
        await soon(asyncio.gather(*waiting))
        assert pair.wire.write(Frame("more").encoded)
        assert pair.read() == Frame("more").encoded

    async def test_who_gives_up_waiting_takes_it_from_nobody_else(self, pair):
        """One that is cancelled leaves the others waiting."""
        fill(pair)
        one, other = (asyncio.create_task(pair.wire.drained()) for _ in range(2))
        await settle()
        one.cancel()
        await settle()
        assert not other.done()
        pair.carry()
        await soon(other)

    async def test_with_room_nobody_waits(self, pair):
        """`drained` returns at once."""
        await soon(pair.wire.drained())

    async def test_an_abort_ends_a_connection_that_does_not_read(self, pair):
        """Whatever was not sent is given up, and whoever waits for room waits no longer."""
        fill(pair)
        waiting = asyncio.create_task(pair.wire.drained())
        await settle()
        pair.wire.abort()
        pair.reactor.run_later()
        await soon(waiting)
        assert pair.lost

    async def test_after_the_end_a_write_does_nothing(self, pair):
        """A frame for a connection that is lost is dropped, and nobody has to wait for it."""
        pair.wire.abort()
        pair.reactor.run_later()
        assert pair.wire.write(LONG)
        await soon(pair.wire.drained())

    @pytest.mark.parametrize("state", ["STATE_CLOSING", "STATE_CLOSED", "STATE_CONNECTING"])
    async def test_nothing_is_written_behind_a_close(self, pair, state):
        """RFC 6455 section 5.5.1: after a close frame there are no more."""
        pair.protocol.state = getattr(WebSocketProtocol, state)
        assert pair.wire.write(LONG)
        assert pair.read() == b""


class TestIn:
    async def test_messages_come_in_order(self, pair):
        """They are Daphne's own, by way of its queue."""
        pair.protocol.onMessage(b"one", False)
        pair.protocol.onMessage(b"two", True)
        received = [await soon(pair.wire.receive()) for _ in range(2)]
        assert received == [
            {"type": "websocket.receive", "text": "one"},
            {"type": "websocket.receive", "bytes": b"two"},
        ]

    async def test_the_socket_is_read_no_further_when_enough_is_waiting(self, pair):
        """And on when the last of it was handed over, as often as it happens."""
        for _ in range(3):
            for _ in range(2):
                assert pair.reading
                pair.protocol.onMessage(b"x" * (READ_AHEAD - 1000), True)
            assert not pair.reading
            await soon(pair.wire.receive())
            assert not pair.reading
            await soon(pair.wire.receive())
            assert pair.reading

    async def test_many_messages_of_no_length_are_enough_too(self, pair):
        """What they take in memory counts, not what is in them."""
        for _ in range(5000):
            pair.protocol.onMessage(b"", True)
        assert not pair.reading
        for _ in range(5000):
            await soon(pair.wire.receive())
        assert pair.reading

    async def test_who_does_not_read_is_not_read(self, pair):
        """Its pings would be answered into a buffer that nobody empties."""
        fill(pair)
        assert not pair.reading
        pair.carry()
        assert pair.reading

    async def test_a_disconnect_is_a_message_like_any_other(self, pair):
        """It comes after what waits before it, although nothing is read any more."""
        pair.protocol.onMessage(b"x" * (2 * READ_AHEAD), True)
        pair.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        types = [(await soon(pair.wire.receive()))["type"] for _ in range(2)]
        assert types == ["websocket.receive", "websocket.disconnect"]


def test_under_tls_there_is_no_wire(pair):
    """A TLS transport hands on the attributes of the socket's: what was written there would go out in the clear."""

    class Wrapper:
        def __getattr__(self, name):
            return getattr(pair.transport, name)

    pair.protocol.transport = Wrapper()
    assert find_daphne(pair.queue.get, pair.send) is None
    pair.transport.TLS = True
    pair.protocol.transport = pair.transport
    assert find_daphne(pair.queue.get, pair.send) is None
    pair.transport.TLS = False
    assert find_daphne(pair.queue.get, pair.send) is not None


def test_a_message_of_countless_fragments_ends_the_connection(pair, monkeypatch):
    """Fragments of no length take memory too, and no limit of sizes sees them."""
    monkeypatch.setattr(type(pair.protocol), "onMessageFrameBegin", lambda self, length: None)
    for _ in range(MOST_FRAGMENTS):
        pair.protocol.onMessageFrameBegin(0)
    assert not pair.transport.disconnecting
    pair.protocol.onMessageFrameBegin(0)
    pair.reactor.run_later()
    assert pair.lost
