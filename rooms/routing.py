"""The WebSocket endpoint of this app. The consumer checks the name, and closes with 4004."""

from django.urls import re_path

from rooms.consumers import RoomConsumer

websocket_urlpatterns = [re_path(r"^ws/(?P<room>[^/]+)/?\Z", RoomConsumer.as_asgi())]
