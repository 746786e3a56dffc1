"""One connection: admission, frames of the client, and events of its groups."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from rtproject.websocket import consumer as module
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.tests.helpers import ACCEPT, closed_with, settle, text
from rtproject.websocket.tests.recorder import Recorder, connection
from rtproject.websocket.throttling.rates import Rate

pytestmark = pytest.mark.usefixtures("memory")


async def test_a_consumer_that_overrides_nothing_accepts_and_ignores():
    """The base class is a working endpoint by itself."""
    assert await connection(WebsocketConsumer, "hello").visit() == [ACCEPT]


@pytest.mark.parametrize(("scope", "answer"), [({"query_string": b"a=1&a=2"}, "2"), ({}, "nothing")])
async def test_the_query_is_parsed_before_connect(scope, answer):
    """The last of several values counts, and a missing query string is an empty one."""

    class Curious(WebsocketConsumer):
        async def connect(self):
            await self.accept()
            await self.send(text_data=self.query.get("a", "nothing"))

    assert await connection(Curious, **scope).visit() == [ACCEPT, text(answer)]


class TestAdmission:
    async def test_a_denied_client_is_closed_before_it_is_accepted(self):
        """A caller inside the process sees the code itself, and `disconnect` runs once, at the end."""

        class Denying(Recorder):
            async def connect(self):
                raise ConnectionDenied(CloseCode.FORBIDDEN)

        communicator = WebsocketCommunicator(Denying.as_asgi(), "/somewhere")
        assert await communicator.connect() == (False, 4003)
        assert Denying.ended == []
        await communicator.disconnect(code=4003)
        assert Denying.ended == [4003]

    @pytest.mark.parametrize("texts", [(), ("hello",)])
    async def test_a_connect_that_does_not_accept_denies(self, texts):
        """A forgotten accept leaves no handshake open, and frames of the client are ignored."""

        class Forgetful(Recorder):
            async def connect(self):
                pass

        assert await connection(Forgetful, *texts).visit() == [closed_with(1000)]

    async def test_an_end_between_accept_and_the_end_of_connect_closes_once(self):
        """The close replaces the events that were held, and nothing follows it."""

        class Unlucky(Recorder):
            async def connect(self):
                await super().connect()
                await broadcast("group", "held")
                await settle()
                self.end(CloseCode.KICKED)
                await self.send(text_data="too late")

        assert await connection(Unlucky).visit() == [ACCEPT, closed_with(4008)]

    @pytest.mark.parametrize("error", [OperationalError("no"), TimeoutError(), LayerUnavailable("no")])
    async def test_a_store_or_layer_that_fails_admits_no_one(self, error, caplog):
        """Nothing fails open: the client is told to come back later, and the log says why."""

        class Asking(Recorder):
            async def connect(self):
                raise error

        assert await connection(Asking).visit() == [closed_with(4103)]
        assert "cannot be admitted" in caplog.text

    async def test_a_connect_that_hangs_ends_with_a_code(self, monkeypatch):
        """It is limited in time, and the client gets 4103."""
        monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.01)

        class Hanging(Recorder):
            async def connect(self):
                await asyncio.Event().wait()

        assert await connection(Hanging).visit() == [closed_with(4103)]


class TestFrames:
    async def test_a_client_error_is_answered_and_the_connection_goes_on(self):
        """A ClientError reaches `refuse_frame`."""

        class Strict(Recorder):
            async def receive(self, text_data=None, bytes_data=None):
                if text_data == "bad":
                    raise ClientError("bad_frame", "Not this.", "7")
                await super().receive(text_data)

            async def refuse_frame(self, error):
                await self.send(text_data=f"{error.code} {error.detail} {error.frame_id}")

        sent = await connection(Strict, "bad", "hello").visit()
        assert sent == [ACCEPT, text("bad_frame Not this. 7"), text("hello")]

    @pytest.mark.parametrize("counts", [True, False])
    async def test_errors_again_and_again_end_the_connection(self, counts, caplog):
        """Those that are the client's fault, with 4101 after the burst."""

        class Strict(Recorder):
            refusal_rate = Rate(1, 86400.0)

            async def receive(self, text_data=None, bytes_data=None):
                raise ClientError("bad_frame", "Not this.", counts=counts)

            async def refuse_frame(self, error):
                await self.send(text_data=error.code)

        sent = await connection(Strict, *["bad"] * (module.REFUSAL_BURST + 2)).visit()
        assert sent.count(text("bad_frame")) == module.REFUSAL_BURST + (0 if counts else 2)
        assert ("closed with 4101" in caplog.text) is counts

    async def test_events_wait_for_the_end_of_connect(self):
        """Frames that `connect` sends come before events that arrive meanwhile, and those keep their order."""

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
            expected = [ACCEPT, text("welcome"), text("one"), text("two")]
            assert [await client.next() for _ in range(4)] == expected
            client.leave()

    async def test_an_event_without_text_is_not_sent(self):
        """Events among our own code go to `deliver` and no further."""
        client = connection(Recorder)
        async with client.running():
            assert await client.next() == ACCEPT
            await broadcast("group", None, changed=True)
            await broadcast("group", "hello")
            assert await client.next() == text("hello")
            client.leave()

    async def test_after_our_close_nothing_is_sent_and_nothing_handled(self):
        """Frames that arrive between our close and the client's are ignored."""
        handled = []

        class Once(Recorder):
            async def receive(self, text_data=None, bytes_data=None):
                handled.append(text_data)
                await super().receive(text_data)
                await self.close()
                await self.close(4999)

        client = connection(Once, "hello", "again")
        async with client.running():
            assert [await client.next() for _ in range(3)] == [ACCEPT, text("hello"), closed_with(1000)]
            client.leave()
        assert len(client.sent) == 3
        assert handled == ["hello"]
