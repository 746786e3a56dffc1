"""Finished messages: what is written to the wire is what RFC 6455 says, by the word of another implementation."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame as Parsed
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from rtproject.websocket.transport.frames import Frame

LENGTHS = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]  # around each change of the header's form


def parse(data):
    """The frames that a client of the `websockets` package finds in `data`."""
    client = ClientProtocol(parse_uri("ws://somewhere.test"), state=OPEN, max_size=None)
    client.receive_data(data)
    return client.events_received()


@pytest.mark.parametrize("length", LENGTHS)
class TestEncoded:
    def test_text_arrives_as_text(self, length):
        """One finished text frame, whatever its length."""
        assert parse(Frame("x" * length).encoded) == [Parsed(Opcode.TEXT, b"x" * length)]

    def test_bytes_arrive_as_bytes(self, length):
        """One finished binary frame, whatever its length."""
        assert parse(Frame(b"\xff" * length).encoded) == [Parsed(Opcode.BINARY, b"\xff" * length)]

    def test_the_length_is_that_of_the_wire(self, length):
        """What a frame counts for in a backlog is what it takes there, its header included."""
        frame = Frame("x" * length)
        assert len(frame) == len(frame.encoded) > length


def test_a_length_counts_bytes_and_not_characters():
    """125 characters of two bytes each do not fit into the shortest form."""
    assert parse(Frame("ü" * 125).encoded) == [Parsed(Opcode.TEXT, "ü".encode() * 125)]


def test_frames_that_are_written_together_stay_apart():
    """Several frames in one write are several messages, in their order."""
    frames = [Frame(content) for content in ("", "a" * 126, b"", b"b" * 65536, "c")]
    joined = Frame.joined(frames)
    assert [frame.data for frame in parse(joined.encoded)] == [b"", b"a" * 126, b"", b"b" * 65536, b"c"]
    assert joined.messages == tuple(frame.messages[0] for frame in frames)
    assert len(joined) == sum(map(len, frames))


def test_what_was_joined_can_be_joined_again():
    """In its order; and one alone is itself."""
    a, b, c = (Frame(content) for content in "abc")
    joined = Frame.joined([Frame.joined([a, b]), c])
    assert [message["text"] for message in joined.messages] == ["a", "b", "c"]
    assert joined.encoded == a.encoded + b.encoded + c.encoded
    assert Frame.joined([a]) is a


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ü", {"type": "websocket.send", "text": "ü"}),
        (b"\xff", {"type": "websocket.send", "bytes": b"\xff"}),
        ("", {"type": "websocket.send", "text": ""}),
        (b"", {"type": "websocket.send", "bytes": b""}),
    ],
)
def test_the_asgi_form_says_the_same(content, message):
    """A server that we know no wire of is given the message itself."""
    assert Frame(content).messages == (message,)


def test_text_that_is_not_unicode_is_no_frame():
    """A lone surrogate cannot be sent, and is found out before anybody was sent anything."""
    with pytest.raises(UnicodeEncodeError):
        Frame("\ud800")
