"""The addresses of the HTTP API below `/api/rooms/`, each also with a slash at its end."""

from django.urls import re_path

from rooms.api.http import OPERATIONS, serve

_PARTS = {"{seq}": r"(?P<seq>[0-9]{1,15})", "{member}": r"(?P<member>[^/]+)"}


def _pattern(path: str) -> str:
    parts = (_PARTS.get(part, part) for part in ("(?P<room>[^/]+)", *path.split("/")))
    return rf"^{'/'.join(parts)}/?\Z"


paths = dict.fromkeys(each.path for each in OPERATIONS)
urlpatterns = [re_path(_pattern(path), serve, {"path": path}) for path in paths]
