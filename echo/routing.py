"""The WebSocket endpoint of this app."""

from django.urls import re_path

from echo.consumers import EchoConsumer

websocket_urlpatterns = [re_path(r"^echo/?\Z", EchoConsumer.as_asgi())]
