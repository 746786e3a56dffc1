"""The WebSocket endpoint of this app. What may stand for the name is the consumer's business: it answers 4004."""

from django.urls import re_path

from rooms.consumers import RoomConsumer

websocket_urlpatterns = [re_path(r"^ws/(?P<room>[^/]+)/?\Z", RoomConsumer.as_asgi())]
