"""Consumers whose frames are JSON, with coroutine functions and with plain ones."""

import pytest

from rtproject.websocket import JsonWebsocketConsumer
from rtproject.websocket.tests.helpers import ACCEPT, text
from rtproject.websocket.tests.recorder import connection

pytestmark = pytest.mark.django_db(transaction=True)  # Channels closes old connections before a plain method


class Echo(JsonWebsocketConsumer):
    async def receive_json(self, content):
        await self.send_json(content)


class PlainEcho(JsonWebsocketConsumer):
    def receive_json(self, content):
        self.send_json(content)


class Coding(JsonWebsocketConsumer):
    def receive_json(self, content):
        self.send(text_data=self.encode_json(self.decode_json(content)))


@pytest.mark.parametrize("kind", [Echo, PlainEcho])
async def test_frames_are_decoded_and_encoded(kind):
    """What is no JSON has no effect, and the connection goes on."""
    frames = ['{"a": 1}', "{", "[" * 100_000, "[2]"]
    assert await connection(kind, *frames).visit() == [ACCEPT, text('{"a": 1}'), text("[2]")]


@pytest.mark.parametrize("kind", [Echo, PlainEcho])
async def test_another_format_may_be_a_plain_function(kind):
    """Or a coroutine function, whatever the other methods are."""

    async def encode_json(content):
        return ",".join(content)

    coding = {"decode_json": lambda self, text: text.split(","), "encode_json": staticmethod(encode_json)}
    assert await connection(type("Other", (kind,), coding), "a,b").visit() == [ACCEPT, text("a,b")]


async def test_a_plain_method_encodes_and_decodes():
    """Without waiting for anything."""
    assert await connection(Coding, '"[1]"').visit() == [ACCEPT, text("[1]")]


async def test_bytes_are_an_error():
    """As in Channels."""
    client = connection(Echo)
    client.say({"type": "websocket.receive", "bytes": b"{}"})
    with pytest.raises(ValueError, match="No text section"):
        await client.visit()
