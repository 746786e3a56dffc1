"""One connection on a server that is made by hand: who comes in, and what is said."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from rtproject.websocket import consumer as module
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.tests.helpers import ACCEPT, closed_with, settle, soon, text
from rtproject.websocket.tests.recorder import Recorder, connection

pytestmark = pytest.mark.usefixtures("memory")


async def test_a_consumer_that_overrides_nothing_accepts_and_ignores():
    """The base of all consumers is a working endpoint by itself."""
    client = connection(WebsocketConsumer)
    client.say({"type": "websocket.receive", "text": "hello"})
    client.leave()
    await soon(client.run())
    assert client.sent == [ACCEPT]


async def test_text_and_bytes_reach_receive_and_come_back():
    """Text stays text and bytes stay bytes, empty ones too, one after the other."""
    communicator = WebsocketCommunicator(Recorder.as_asgi(), "/somewhere")
    assert await communicator.connect() == (True, None)
    for sent in ("hello", ""):
        await communicator.send_input({"type": "websocket.receive", "text": sent})
        assert await communicator.receive_from() == sent
    for frame in (b"hello", b""):
        await communicator.send_input({"type": "websocket.receive", "bytes": frame, "text": None})
        assert await communicator.receive_from() == frame
    await communicator.disconnect(code=4999)
    assert Recorder.ended == [4999]


async def test_the_query_is_there_before_connect():
    """Of a repeated parameter the last counts, and without a query string there is nothing."""

    class Curious(WebsocketConsumer):
        async def connect(self):
            await self.accept()
            await self.send(text_data=self.query.get("a", "nothing"))

    for scope, answer in (({"query_string": b"a=1&a=2"}, "2"), ({}, "nothing")):
        client = connection(Curious, **scope)
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT, text(answer)]


async def test_a_second_accept_is_for_the_server_to_judge():
    """It is passed on like the first: the ASGI specification leaves it to the server what to say to that."""

    class Eager(WebsocketConsumer):
        async def connect(self):
            await self.accept()
            await self.accept()

    client = connection(Eager)
    client.leave()
    await soon(client.run())
    assert client.sent == [ACCEPT, ACCEPT]


class TestRefusal:
    async def test_a_refused_client_is_closed_before_it_is_accepted(self):
        """A caller inside the process sees the code itself, and `disconnect` runs once, when it is gone."""

        class Bouncer(Recorder):
            async def connect(self):
                raise ConnectionDenied(CloseCode.FORBIDDEN)

        communicator = WebsocketCommunicator(Bouncer.as_asgi(), "/somewhere")
        assert await communicator.connect() == (False, 4003)
        assert Bouncer.ended == []
        await communicator.disconnect(code=4003)
        assert Bouncer.ended == [4003]

    @pytest.mark.parametrize("text_is_sent", [True, False])
    async def test_a_connect_that_does_not_accept_refuses(self, text_is_sent):
        """An override that forgets to accept leaves nobody hanging, and what the client says is not heard."""

        class Forgetful(Recorder):
            async def connect(self):
                pass

        client = connection(Forgetful)
        if text_is_sent:
            client.say({"type": "websocket.receive", "text": "hello"})
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(1000)]

    async def test_who_is_ended_during_connect_is_not_accepted(self):
        """An end that comes before the accept is the refusal."""

        class Late(Recorder):
            async def connect(self):
                self.end(CloseCode.KICKED)
                self.end(CloseCode.CLOSED)
                await self.accept()

        client = connection(Late)
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(4008)]

    async def test_who_is_ended_between_accept_and_the_end_of_connect_is_closed_once(self):
        """The close comes instead of what was held, and nothing comes after it."""

        class Unlucky(Recorder):
            async def connect(self):
                await super().connect()
                await broadcast("group", "held")
                await settle()
                self.end(CloseCode.KICKED)
                await self.send(text_data="too late")

        client = connection(Unlucky)
        client.leave()
        await soon(client.run())
        assert client.sent == [ACCEPT, closed_with(4008)]

    @pytest.mark.parametrize("error", [OperationalError("no"), TimeoutError(), LayerUnavailable("no")])
    async def test_a_store_or_layer_that_cannot_be_asked_lets_nobody_in(self, error, caplog):
        """Nothing fails open: the client is told to come back later, and the log says why."""

        class Asking(Recorder):
            async def connect(self):
                raise error

        client = connection(Asking)
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(4103)]
        assert "cannot be admitted" in caplog.text

    async def test_a_connect_that_hangs_is_ended_while_the_server_still_listens(self, monkeypatch):
        """A handshake has its time; then the client hears 4103 instead of nothing."""
        monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.01)

        class Hanging(Recorder):
            async def connect(self):
                await asyncio.Event().wait()

        client = connection(Hanging)
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(4103)]

    async def test_a_layer_that_cannot_be_joined_lets_nobody_in(self, layer):
        """Who would hear nothing is not let in."""
        layer.failing = {"new_channel"}
        client = connection(Recorder)
        client.leave()
        await soon(client.run())
        assert client.sent == [closed_with(4103)]
