"""The ASGI application of the baseline, with the wrappers that the tutorial puts around its routes."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.baselines.channels_chat.settings")
http = get_asgi_application()  # before the imports that need Django to be set up

from benchmarks.baselines.channels_chat.consumers import ChatConsumer, EchoConsumer  # noqa: E402

routes = [
    re_path(r"^ws/(?P<room>\w+)$", ChatConsumer.as_asgi()),
    re_path(r"^echo$", EchoConsumer.as_asgi()),
]
websocket = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
