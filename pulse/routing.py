"""The WebSocket endpoint of this app."""

from django.urls import re_path

from pulse.consumers import PulseConsumer

websocket_urlpatterns = [re_path(r"^stats/?\Z", PulseConsumer.as_asgi())]
