"""The path of a connection, from top to bottom: `daphne rtproject.asgi:application`."""

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Awaitable

from channels.routing import URLRouter
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rtproject.settings")
try:
    http = get_asgi_application()  # sets Django up, so it comes before everything that imports models
except ImproperlyConfigured as error:
    # Its message names the setting; a server would hide it in a traceback.
    raise SystemExit(str(error)) from None

from echo.routing import websocket_urlpatterns as echo
from pulse.routing import websocket_urlpatterns as pulse
from pulse.sampling.worker import current_embedded, ensure_embedded
from rooms.routing import websocket_urlpatterns as rooms
from rtproject.bodies import BodyLimit
from rtproject.checks import log_warnings
from rtproject.process_check import warn_of_other_processes
from rtproject.servers import bound_bodies_of_servers, cut_paths_of_daphne, format_options_quickly
from rtproject.sessions import prune_sessions
from rtproject.websocket.addresses import client_address
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.lifecycle import GracefulShutdown, note_server
from rtproject.websocket.middleware.auth import SessionAuthMiddleware
from rtproject.websocket.middleware.denials_and_limits import (
    ConnectionsPerAddress,
    VisibleCloseCodes,
    not_found,
)
from rtproject.websocket.middleware.origins import ForeignOrigins
from rtproject.websocket.transport.base import TransportMiddleware

M_ARENA_MAX = -8  # of mallopt(3)

cut_paths_of_daphne()
bound_bodies_of_servers()
format_options_quickly()
log_warnings()

# Most of Daphne's growth with the number of connections is the cyclic garbage collector, which checks all of them again
# and again and finds nothing: a connection that ends leaves no cycles behind. So it checks young objects often, which
# takes a millisecond or two at a time, all objects seldom, and never those loaded at the start (`gc.freeze` below).
gc.set_threshold(1_000, 3, 300)

# A thread that parses a form or encodes an answer keeps the event loop waiting at most this long, each time that the
# loop comes back from the operating system; by default ten times as long.
sys.setswitchinterval(0.0005)

# A page's request has a thread of its own, and glibc would give many threads memory of their own that each keeps: ten
# large bodies at a time, again and again, left 25 MiB instead of 14.
with contextlib.suppress(OSError, AttributeError, TypeError):
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

routes = URLRouter([*echo, *rooms, *pulse, re_path("", not_found)])  # type: ignore[arg-type]


def endpoint(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    """Serve the endpoint of the path.

    Channels' router would take any number of slashes for the first one.
    """
    serve: Application = not_found if scope["path"].startswith("//") else routes
    return serve(scope, receive, send)


websocket = TransportMiddleware(
    ForeignOrigins(
        VisibleCloseCodes(GracefulShutdown(ConnectionsPerAddress(SessionAuthMiddleware(endpoint))))
    )
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application.

    The first connection starts the pulse worker, since Daphne has no lifespan events.
    """
    pulse_task = current_embedded().task
    if pulse_task is None or pulse_task.done():
        ensure_embedded()
    note_server()
    warn_of_other_processes()
    prune_sessions()
    # Daphne takes it from a header of the client, who could use it to bypass a proxy's rules for a path.
    scope["root_path"] = ""
    serve: Application = websocket if scope["type"] == "websocket" else page
    await serve(scope, receive, send)


pages = BodyLimit(http)  # type: ignore[arg-type]


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a page by Django, and log a proxy that TRUSTED_PROXIES does not count."""
    client_address(scope)
    await pages(scope, receive, send)


gc.collect()
gc.freeze()
