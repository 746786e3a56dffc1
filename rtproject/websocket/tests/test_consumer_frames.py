"""One connection on a server that is made by hand: frames of the client, and events of its groups."""

import pytest

from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.tests.helpers import ACCEPT, closed_with, settle, soon, text
from rtproject.websocket.tests.recorder import Recorder, connection

pytestmark = pytest.mark.usefixtures("memory")


class TestFrames:
    async def test_a_frame_that_cannot_be_obeyed_is_answered(self):
        """A ClientError reaches `refuse_frame`, and the connection goes on."""

        class Strict(Recorder):
            async def receive(self, text_data=None, bytes_data=None):
                if bytes_data is not None:
                    raise ClientError("bad_frame", "No bytes here.", "7")
                await super().receive(text_data)

            async def refuse_frame(self, error):
                await self.send(text_data=f"{error.code} {error.detail} {error.frame_id}")

        client = connection(Strict)
        client.say({"type": "websocket.receive", "bytes": b"x"})
        client.say({"type": "websocket.receive", "text": "hello"})
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT, text("bad_frame No bytes here. 7"), text("hello")]

    async def test_by_default_such_a_frame_is_passed_over(self):
        """A consumer whose protocol has no errors says nothing."""

        class Silent(WebsocketConsumer):
            async def receive(self, text_data=None, bytes_data=None):
                raise ClientError("bad_frame", "No.")

        client = connection(Silent)
        client.say({"type": "websocket.receive", "text": "hello"})
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT]

    async def test_a_frame_has_text_or_bytes(self):
        """Neither is a fault of the caller's, which is told so instead of sending nothing."""

        class Empty(Recorder):
            async def receive(self, text_data=None, bytes_data=None):
                await self.send()

        client = connection(Empty)
        client.say({"type": "websocket.receive", "text": "hello"})
        with pytest.raises(ValueError, match="text_data or bytes_data"):
            await soon(client.run())

    async def test_events_wait_for_the_end_of_connect(self):
        """What `connect` sends comes before every event that came in the meantime, and those keep their order."""

        class Welcoming(Recorder):
            async def connect(self):
                await self.join("group")
                await broadcast("group", "one")
                await broadcast("group", "two")
                await settle()
                await self.accept()
                await self.send(text_data="welcome")

        client = connection(Welcoming)
        async with client.running():
            assert [await client.next() for _ in range(4)] == [
                ACCEPT,
                *map(text, ("welcome", "one", "two")),
            ]
            client.leave()

    async def test_an_event_without_text_is_not_for_the_client(self):
        """Events among our own code are handed to `deliver` and go no further."""
        client = connection(Recorder)
        async with client.running():
            assert await client.next() == ACCEPT
            await broadcast("group", None, changed=True)
            await broadcast("group", "hello")
            assert await client.next() == text("hello")
            client.leave()

    async def test_after_the_close_nothing_is_sent_and_nothing_heard(self):
        """What a client says between our close and its own is ignored."""

        class Once(Recorder):
            async def receive(self, text_data=None, bytes_data=None):
                await super().receive(text_data)
                await self.close()
                await self.close(4999)

        client = connection(Once)
        for content in ("hello", "again"):
            client.say({"type": "websocket.receive", "text": content})
        async with client.running():
            assert [await client.next() for _ in range(3)] == [ACCEPT, text("hello"), closed_with(1000)]
            client.leave()
        assert len(client.sent) == 3


async def test_a_client_that_does_not_read_is_ended(monkeypatch):
    """More than may wait for one client closes it as too slow, as soon as it can be told."""
    monkeypatch.setattr(
        "rtproject.websocket.transport.send_queue.BACKLOG_LIMIT", 14
    )  # two frames of 5 characters
    client = connection(Recorder)
    async with client.running():
        assert await client.next() == ACCEPT
        await settle()
        client.reading.clear()
        for content in ("first", "12345", "67890", "x"):
            await broadcast("group", content)
        await settle()
        client.reading.set()
        assert [await client.next(), await client.next()] == [text("first"), closed_with(4102)]
        client.leave()
