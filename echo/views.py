"""The page to try the echo on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rtproject.websocket.close_codes import as_json


def page(request: HttpRequest) -> HttpResponse:
    """A place to send text and bytes from, and to see what comes back."""
    return render(request, "echo/echo.html", {"close_codes": as_json()})
