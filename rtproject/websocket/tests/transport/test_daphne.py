"""The transport of Daphne on Daphne's own classes, so that an upgrade that breaks it fails here."""

import asyncio
from functools import partial

import pytest
from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]
from websockets.frames import Opcode

from rtproject.tests.support.raw import frame
from rtproject.websocket.tests.helpers import settle, soon
from rtproject.websocket.tests.transport.twisted_pair import Pair
from rtproject.websocket.transport.daphne import (
    MOST_FRAGMENTS,
    READ_SIZE,
    STATE_OPEN,
    DaphneTransport,
    find_daphne,
)
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.turns import SLICE

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
        for encoded in frames:
            pair.transport.write(encoded)
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


def received(payload):
    """The ASGI message of a binary frame."""
    return {"type": "websocket.receive", "bytes": payload}


class TestIn:
    async def test_messages_come_in_order_and_the_disconnect_last(self, pair):
        """However many are read at once."""
        payloads = [b"%d" % number for number in range(3 * SLICE)]
        pair.receive(b"".join(map(frame, payloads)))
        assert [await soon(pair.transport.receive()) for _ in payloads] == [*map(received, payloads)]
        pair.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        assert await soon(pair.transport.receive()) == {"type": "websocket.disconnect", "code": 1006}

    async def test_one_slice_is_parsed_before_the_application_has_taken_it(self, pair):
        """And nothing more is read, until everything was parsed and taken."""
        for _ in range(3):
            assert pair.reading
            pair.receive(frame(b"x") * (SLICE + 1))
            await settle()
            assert pair.queue.qsize() == SLICE
            assert not pair.reading
            for _ in range(SLICE + 1):
                await soon(pair.transport.receive())

    async def test_while_a_message_waits_nothing_more_is_parsed(self, pair):
        """What was read meanwhile comes when it is taken."""
        pair.receive(frame(b"one"))
        assert pair.reading
        pair.receive(frame(b"two"))
        assert not pair.reading
        assert pair.queue.qsize() == 1
        assert await soon(pair.transport.receive()) == received(b"one")
        assert await soon(pair.transport.receive()) == received(b"two")
        assert pair.reading

    async def test_all_pings_are_answered_a_slice_at_a_time(self, pair):
        """Autobahn does that without the application."""
        pings = [b"%d" % number for number in range(5 * SLICE)]
        pair.receive(b"".join(frame(payload, Opcode.PING) for payload in pings))
        assert pair.carry() == b"".join(b"\x8a%c%s" % (len(payload), payload) for payload in pings[:SLICE])
        await settle()
        answers = pair.carry()
        assert answers == b"".join(b"\x8a%c%s" % (len(payload), payload) for payload in pings[SLICE:])
        assert pair.reading

    async def test_a_message_in_pieces_is_put_together(self, pair):
        """A slice counts bytes as well as frames."""
        long = b"x" * (3 * READ_SIZE)
        for start in range(0, len(data := frame(long)), 5000):
            pair.receive(data[start : start + 5000])
            await settle()
        assert await soon(pair.transport.receive()) == received(long)

    async def test_frames_behind_the_handshake_wait_for_its_end(self, pair):
        """Autobahn would look for another handshake in them."""
        pair.protocol.state = WebSocketProtocol.STATE_CONNECTING
        pair.receive(frame(b"early"))
        assert pair.queue.empty()
        pair.receive(frame(b"x" * READ_SIZE))
        assert not pair.reading
        pair.protocol.state = STATE_OPEN
        pair.protocol.consumeData()
        assert await soon(pair.transport.receive()) == received(b"early")

    async def test_a_client_that_does_not_read_is_not_read(self, pair):
        """Answers to its pings would fill a buffer that is never emptied."""
        fill(pair)
        assert not pair.reading
        pair.carry()
        assert pair.reading

    async def test_a_client_that_sends_needs_no_pong(self, pair):
        """It may come behind thousands of pings of its own."""
        pair.protocol.autoPingTimeoutCall = pair.protocol.factory._batched_timer.call_later(
            60, pair.tcp.abortConnection
        )
        pair.receive(frame(b"", Opcode.PING) * (SLICE + 1))
        assert pair.protocol.autoPingTimeoutCall is None

    async def test_a_message_of_countless_fragments_ends_the_connection(self, pair):
        """Empty fragments take memory too, and no limit of sizes counts them."""
        begin, more = b"\x02\x80" + bytes(4), b"\x00\x80" + bytes(4)
        pair.receive(begin + more * (MOST_FRAGMENTS // 2))
        await settle()
        while not pair.reading:
            await settle()
        pair.receive(more * (MOST_FRAGMENTS // 2))
        while not pair.reading:
            await settle()
        assert not pair.tcp.disconnecting
        pair.receive(more)
        pair.reactor.run_later()
        assert pair.lost
