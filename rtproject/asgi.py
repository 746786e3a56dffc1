"""The way of a connection, top to bottom: `daphne rtproject.asgi:application`."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rtproject.settings")
http = get_asgi_application()  # sets Django up, so it comes before everything that imports models

from echo.routing import websocket_urlpatterns as echo  # noqa: E402
from pulse.routing import websocket_urlpatterns as pulse  # noqa: E402
from pulse.worker import ensure_embedded  # noqa: E402
from rooms.routing import websocket_urlpatterns as rooms  # noqa: E402
from rtproject.websocket.asgi_types import Receive, Scope, Send  # noqa: E402
from rtproject.websocket.drain import Drain  # noqa: E402
from rtproject.websocket.identity import Identity  # noqa: E402
from rtproject.websocket.middleware import (  # noqa: E402
    ConnectionsPerAddress,
    ForeignOrigins,
    VisibleCloseCodes,
    not_found,
)

routes = URLRouter([*echo, *rooms, *pulse, re_path("", not_found)])  # type: ignore[arg-type]
websocket = ForeignOrigins(VisibleCloseCodes(Drain(ConnectionsPerAddress(Identity(routes)))))
site = ProtocolTypeRouter({"http": http, "websocket": websocket})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application. The first connection starts the pulse worker, since Daphne has no lifespan events."""
    ensure_embedded()
    await site(scope, receive, send)
