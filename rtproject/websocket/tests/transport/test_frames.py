"""Encoded frames, read by another implementation of RFC 6455."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame as Parsed
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from rtproject.websocket.transport.frames import Frame

LENGTHS = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]  # around each change of the header's form
CONTENTS = [content for length in LENGTHS for content in ("x" * length, b"\xff" * length)] + ["ü" * 125]


def parse(data):
    """The frames that a client of the `websockets` package finds in `data`."""
    client = ClientProtocol(parse_uri("ws://somewhere.test"), state=OPEN, max_size=None)
    client.receive_data(data)
    return client.events_received()


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: f"{len(content)} {type(content).__name__}")
def test_content_arrives_as_one_frame(content):
    """Text as text, bytes as bytes; its length counts the header, and the ASGI message has the same content."""
    frame = Frame(content)
    if isinstance(content, str):
        assert parse(frame.encoded) == [Parsed(Opcode.TEXT, content.encode())]
        assert frame.messages == ({"type": "websocket.send", "text": content},)
    else:
        assert parse(frame.encoded) == [Parsed(Opcode.BINARY, content)]
        assert frame.messages == ({"type": "websocket.send", "bytes": content},)
    assert len(frame) == len(frame.encoded) > len(content)


def test_joined_frames_stay_apart():
    """Several frames in one write are several messages in their order, however often they are joined."""
    frames = [Frame(content) for content in ("", "a" * 126, b"", b"b" * 65536, "c")]
    joined = Frame.joined([Frame.joined(frames[:3]), Frame.joined(frames[3:])])
    assert [frame.data for frame in parse(joined.encoded)] == [b"", b"a" * 126, b"", b"b" * 65536, b"c"]
    assert joined.messages == tuple(frame.messages[0] for frame in frames)
    assert len(joined) == sum(map(len, frames))
    assert Frame.joined(frames[:1]) is frames[0]


def test_text_that_is_not_unicode_is_no_frame():
    """A surrogate cannot be encoded, which shows before any client is sent anything."""
    with pytest.raises(UnicodeEncodeError):
        Frame("\ud800")
