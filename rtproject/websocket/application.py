"""The ASGI application of a site's WebSockets."""

from collections.abc import Awaitable, Sequence
from typing import Any

from channels.routing import URLRouter
from django.urls import re_path

from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.lifecycle import GracefulShutdown
from rtproject.websocket.middleware.auth import SessionAuthMiddleware
from rtproject.websocket.middleware.denials_and_limits import (
    ConnectionsPerAddress,
    VisibleCloseCodes,
    not_found,
)
from rtproject.websocket.middleware.origins import ForeignOrigins
from rtproject.websocket.transport.base import TransportMiddleware


def websocket_application(routes: Sequence[Any]) -> Application:
    """Return an application that serves `routes`, as URLRouter takes them, and closes any other path with 4004."""
    known = URLRouter([*routes, re_path("", not_found)])  # type: ignore[arg-type]

    def endpoint(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Channels' router would take any number of slashes for the first one.
        serve: Application = not_found if scope["path"].startswith("//") else known
        return serve(scope, receive, send)

    authenticated = ConnectionsPerAddress(SessionAuthMiddleware(endpoint))
    return TransportMiddleware(ForeignOrigins(VisibleCloseCodes(GracefulShutdown(authenticated))))
