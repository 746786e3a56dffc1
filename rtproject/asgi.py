"""The path of a connection, from top to bottom: `daphne rtproject.asgi:application`."""

import gc
import os
import secrets
import sys
from importlib import import_module
from itertools import chain

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rtproject.settings")
try:
    http = get_asgi_application()  # sets Django up, so it comes before everything that imports models
except ImproperlyConfigured as error:
    # Its message names the setting; a server would hide it in a traceback.
    raise SystemExit(str(error)) from None

from pulse.sampling.worker import current_embedded, ensure_embedded
from rtproject.checks import log_warnings
from rtproject.http.bodies import BodyLimit
from rtproject.http.health import answer_probe
from rtproject.logs import PROBES, connection_id
from rtproject.process_check import warn_of_other_processes
from rtproject.servers import adapt_log_of_daphne, bound_bodies_of_servers, format_options_quickly
from rtproject.sessions import prune_sessions
from rtproject.websocket import websocket_application
from rtproject.websocket.addresses import client_address
from rtproject.websocket.asgi_types import Application, Receive, Scope, Send
from rtproject.websocket.lifecycle import note_server

adapt_log_of_daphne()
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

routing = (import_module(f"{app}.routing").websocket_urlpatterns for app in settings.APPS)
websocket = websocket_application([*chain.from_iterable(routing)])


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
    connection_id.set(secrets.token_hex(4))
    # Daphne takes it from a header of the client, who could use it to bypass a proxy's rules for a path.
    scope["root_path"] = ""
    serve: Application = websocket if scope["type"] == "websocket" else page
    await serve(scope, receive, send)


pages = BodyLimit(http)  # type: ignore[arg-type]


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a page by Django, and log a proxy that TRUSTED_PROXIES does not count.

    Probes come to an address and without TLS, which Django would refuse.
    """
    if scope["path"] in PROBES:
        await answer_probe(scope["path"], send)
        return
    client_address(scope)
    await pages(scope, receive, send)


gc.collect()
gc.freeze()
