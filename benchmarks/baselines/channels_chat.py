"""The asynchronous chat of Channels' tutorial (part 3) and an echo, in the same wrappers."""

import json
import secrets
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import re_path

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(),
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},  # never queried
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    USE_TZ=True,
    WEBSOCKET={"CONNECTIONS_PER_ADDRESS": 0},  # of our base, see `drop_in_chat`
)
http = get_asgi_application()


class Chat:
    """Sends each message to the room's group, of which every connection's channel is a member."""

    async def connect(self) -> None:
        self.group = f"chat_{self.scope['url_route']['kwargs']['room']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = json.loads(text_data or "{}")["message"]
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Handle an event of the group."""
        await self.send(text_data=json.dumps({"message": event["message"]}))


class Echo:
    """Sends back each message."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=f"Echo: {text_data}")


def routes(base: type) -> list[Any]:
    """The endpoints, with consumers on the class `base`."""
    return [
        re_path(r"^ws/(?P<room>\w+)$", type("ChatConsumer", (Chat, base), {}).as_asgi()),
        re_path(r"^echo$", type("EchoConsumer", (Echo, base), {}).as_asgi()),
    ]


websocket = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes(AsyncWebsocketConsumer))))
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
