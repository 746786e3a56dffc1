"""Consumers that are written for Channels, on our base class."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.auth import AuthMiddlewareStack
from channels.exceptions import AcceptConnection, DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from rtproject.websocket import CloseCode, ConnectionDenied, WebsocketConsumer, broadcast, events
from rtproject.websocket.groups.registry import current_registry
from rtproject.websocket.tests.helpers import ACCEPT, closed_with, settle, text
from rtproject.websocket.tests.recorder import Recorder, connection

pytestmark = pytest.mark.django_db(transaction=True)  # Channels closes old connections before a plain method


class Methods:
    """A class with methods for a consumer, whose base they do not know."""

    accept: Any
    channel_layer: Any
    channel_name: str
    close: Any
    open: bool
    scope: Any
    send: Any


class Chat(Methods):
    """The methods of an asynchronous consumer of a chat."""

    async def connect(self):
        await self.channel_layer.group_add("chat", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard("chat", self.channel_name)

    async def receive(self, text_data):
        await self.channel_layer.group_send("chat", {"type": "chat.message", "message": text_data})

    async def chat_message(self, event):
        await self.send(text_data=event["message"])


class PlainChat(Methods):
    """The same as plain functions."""

    def connect(self):
        async_to_sync(self.channel_layer.group_add)("chat", self.channel_name)
        self.accept()

    def disconnect(self, code):
        async_to_sync(self.channel_layer.group_discard)("chat", self.channel_name)

    def receive(self, text_data):
        message = {"type": "chat.message", "message": text_data}
        async_to_sync(self.channel_layer.group_send)("chat", message)

    def chat_message(self, event):
        self.send(text_data=event["message"])


class Silent(Methods):
    """Overrides nothing."""


def on(base, methods=Chat, **more):
    """A consumer class with `methods` on `base`."""
    return type("Consumer", (methods, base), more)


async def connected(*kinds):
    """A communicator for each consumer class, connected."""
    clients = [WebsocketCommunicator(kind.as_asgi(), "/somewhere") for kind in kinds]
    assert all([(await client.connect())[0] for client in clients])
    return clients


async def assert_receive(content, *clients):
    """Each receives `content` next."""
    assert [await client.receive_from() for client in clients] == [content] * len(clients)


async def leave(*clients):
    """Each closes, and nothing is left of it."""
    for client in clients:
        await client.disconnect()
    assert current_registry()._groups == {}
    assert "chat" not in get_channel_layer().groups


class TestGroups:
    @pytest.mark.parametrize("methods", [Chat, PlainChat])
    async def test_members_on_our_base_and_on_channels_hear_each_other_and_a_view(self, methods):
        """The group is the layer's: it does not matter which base a member has."""
        clients = await connected(*[on(WebsocketConsumer, methods)] * 2, on(AsyncWebsocketConsumer))
        for client, content in zip(clients, ["one", "two", "three"], strict=True):
            await client.send_to(content)
            await assert_receive(content, *clients)
        await get_channel_layer().group_send("chat", {"type": "chat.message", "message": "a view"})
        await assert_receive("a view", *clients)
        await leave(*clients)

    async def test_the_groups_of_the_class_are_joined(self):
        """Before `connect`, as in Channels."""
        (client,) = await connected(on(WebsocketConsumer, Silent, groups=["chat"]))
        await broadcast("chat", "hello")
        await assert_receive("hello", client)
        await leave(client)

    async def test_a_group_that_is_left_is_not_heard(self):
        """Others still hear it."""

        class Leaving(Chat):
            async def receive(self, text_data):
                await self.channel_layer.group_discard("chat", self.channel_name)
                await super().receive(text_data)

        gone, stays = await connected(on(WebsocketConsumer, Leaving), on(WebsocketConsumer))
        await gone.send_to("hello")
        await assert_receive("hello", stays)
        assert await gone.receive_nothing()
        await leave(gone, stays)

    async def test_each_member_has_an_event_of_its_own(self):
        """What one changes in it, however deep, another does not see."""

        class Changing(Chat):
            async def chat_message(self, event):
                await self.send(text_data=f"{event['list']} {event.pop('flat')}")
                event["list"].append(1)

        clients = await connected(*[on(WebsocketConsumer, Changing)] * 2)
        await get_channel_layer().group_send("chat", {"type": "chat.message", "list": [], "flat": 1})
        await assert_receive("[] 1", *clients)
        await leave(*clients)

    async def test_only_this_connection_joins(self):
        """Another channel's name is refused by a sentence, since it would join nothing."""

        class Confused(Chat):
            async def connect(self):
                await self.channel_layer.group_add("chat", "specific.another!1")

        with pytest.raises(ValueError, match="channel_name of this connection"):
            await connection(on(WebsocketConsumer, Confused)).visit()

    async def test_after_a_failure_of_the_layer_members_are_heard_again(self):
        """Their groups have new channels then."""
        (client,) = await connected(on(WebsocketConsumer))
        await get_channel_layer().flush()
        await current_registry()._resubscribe()
        await current_registry()._update_membership(*current_registry()._groups)
        await client.send_to("hello")
        await assert_receive("hello", client)
        await leave(client)


class TestTurns:
    async def test_no_two_methods_of_a_connection_run_at_once(self):
        """Events wait for `connect`, for a frame that is handled, and for each other; frames wait for an event."""
        steps = []

        class Slow(Chat):
            async def connect(self):
                await super().connect()
                await self.receive("connect")

            async def receive(self, text_data):
                await super().receive(text_data)
                await settle()
                steps.append(text_data)

            async def chat_message(self, event):
                await settle()
                steps.append(event["message"])

        assert await connection(on(WebsocketConsumer, Slow), "a", "b").visit() == [ACCEPT]
        assert steps == ["connect", "connect", "a", "a", "b", "b"]

    async def test_a_group_may_be_joined_by_a_frame_or_a_task(self):
        """Its events are heard from then on, also if no frame comes any more."""

        class Late(Chat):
            async def connect(self):
                await self.accept()

            async def receive(self, text_data):
                self.task = asyncio.create_task(super().connect())

            async def accept(self):
                if not self.open:
                    await WebsocketConsumer.accept(self)

        (client,) = await connected(on(WebsocketConsumer, Late))
        await client.send_to("join")
        await settle()
        await get_channel_layer().group_send("chat", {"type": "chat.message", "message": "hello"})
        await assert_receive("hello", client)
        await leave(client)

    async def test_a_connection_whose_events_pile_up_ends(self, monkeypatch):
        """Its client reads too slowly, or its handlers take too long."""
        monkeypatch.setattr(events, "MAX_WAITING", 2)

        class Stuck(Chat):
            async def chat_message(self, event):
                await asyncio.Event().wait()

        client = connection(on(WebsocketConsumer, Stuck))
        async with client.running() as task:
            assert await client.next() == ACCEPT
            for _ in range(4):  # one is handled, two may wait
                await get_channel_layer().group_send("chat", {"type": "chat.message"})
            assert await client.next() == closed_with(4102)
            task.cancel()


class TestErrors:
    async def test_an_event_without_a_handler_ends_nobody(self, caplog):
        """It is logged as Channels has it, once."""
        clients = await connected(*[on(WebsocketConsumer)] * 2)
        for kind in ("chat.unknown", "disconnect", "_private", 7):
            await get_channel_layer().group_send("chat", {"type": kind})
        await clients[0].send_to("hello")
        await assert_receive("hello", *clients)
        assert caplog.text.count("No handler for message type chat.unknown") == 1
        await leave(*clients)

    @pytest.mark.parametrize(
        ("error", "code"), [(KeyError("text"), 4103), (ConnectionDenied(CloseCode.KICKED), 4008)]
    )
    async def test_a_handler_that_fails_ends_its_connection(self, error, code):
        """With a code, since it has missed an event."""

        class Failing(Chat):
            async def chat_message(self, event):
                raise error

        client = connection(on(WebsocketConsumer, Failing), "hello")
        async with client.running():
            assert [await client.next(), await client.next()] == [ACCEPT, closed_with(code)]
            client.leave()

    @pytest.mark.parametrize(
        ("error", "sent"),
        [(DenyConnection(), closed_with(1000)), (AcceptConnection(), ACCEPT), (None, closed_with(4001))],
    )
    @pytest.mark.parametrize("plain", [True, False])
    async def test_connect_may_raise_or_close(self, error, sent, plain):
        """As in Channels."""

        class Plain(Methods):
            def connect(self):
                if error is None:
                    self.close(4001)
                else:
                    raise error

        class Coroutine(Methods):
            async def connect(self):
                if error is not None:
                    raise error
                await self.close(4001)

        assert await connection(on(WebsocketConsumer, Plain if plain else Coroutine)).visit() == [sent]


@pytest.mark.parametrize(("close", "code"), [(True, 1000), (4001, 4001)])
@pytest.mark.parametrize("plain", [True, False])
async def test_a_close_follows_what_is_sent(close, code, plain):
    """`send(close=…)` also right after the accept."""

    class Plain(Methods):
        def connect(self):
            self.accept()
            self.send(text_data="bye", close=close)

    class Coroutine(Methods):
        async def connect(self):
            await self.accept()
            await self.send(text_data="bye", close=close)

    client = connection(on(WebsocketConsumer, Plain if plain else Coroutine))
    async with client.running():
        assert [await client.next() for _ in range(3)] == [ACCEPT, text("bye"), closed_with(code)]
        client.leave()


async def test_a_decorated_coroutine_function_is_awaited():
    """Also if the decorator hides that it is one."""

    def decorated(function):
        return lambda *args, **kwargs: function(*args, **kwargs)

    class Decorated(Recorder):
        receive = decorated(Recorder.receive)

    assert await connection(Decorated, "hello").visit() == [ACCEPT, text("hello")]


async def test_what_needs_channels_own_loop_runs_on_it():
    """With a channel of its own on another layer, and where the methods of that loop are overridden."""

    class Old(Chat):
        async def websocket_receive(self, message):
            assert self.channel_name.startswith("specific.")
            await self.channel_layer.send(self.channel_name, {"type": "chat.message", "message": "own"})

    (client,) = await connected(on(WebsocketConsumer, Old))
    await client.send_to("hello")
    await assert_receive("own", client)
    await client.disconnect()


async def test_channels_own_middleware_tells_the_user():
    """A consumer inside AuthMiddlewareStack has `scope["user"]`."""

    class Curious(Methods):
        async def connect(self):
            await self.accept()
            await self.send(text_data=str(self.scope["user"]))

    client = WebsocketCommunicator(AuthMiddlewareStack(on(WebsocketConsumer, Curious).as_asgi()), "/")
    await client.connect()
    await assert_receive(str(AnonymousUser()), client)
    await client.disconnect()
