"""The addresses of the HTTP API below `/api/rooms/`, each also with a slash at its end."""

from django.urls import path

from rooms.api.http import OPERATIONS, serve

urlpatterns = [
    path(f"<str:room>/{each}{end}", serve, {"path": each})
    for each in dict.fromkeys(each.path for each in OPERATIONS)
    for end in ("", "/")
]
