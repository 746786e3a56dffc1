"""The same consumers as `channels_chat`, on our base class and in our application."""

from channels.routing import ProtocolTypeRouter

from benchmarks.baselines.channels_chat import http, routes
from rtproject.websocket import WebsocketConsumer, websocket_application

websocket = websocket_application(routes(WebsocketConsumer))
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
