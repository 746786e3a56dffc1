"""The site's own pages."""

import sys
from collections.abc import Callable
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rtproject.api_documents import CHANNELS, openapi
from rtproject.state import current_state
from rtproject.ui_text import API_TEXT, WORDS
from rtproject.utils.db import is_outage, release_connections
from rtproject.utils.json_api import ApiError
from rtproject.websocket.exceptions import LayerUnavailable


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"state": async_to_sync(current_state)(), "words": WORDS})


@never_cache
@require_safe
async def state(request: HttpRequest) -> HttpResponse:
    """Return the server's state as JSON, with status 200 even if something is out of reach."""
    return JsonResponse(await current_state())


@require_safe
def api(request: HttpRequest) -> HttpResponse:
    """Show the HTTP API and the WebSockets, to read and to try."""
    return render(request, "api.html", {"openapi": openapi(), "channels": CHANNELS, "words": API_TEXT})


@csrf_exempt  # or a POST would be answered by a page
@require_safe
def api_document(request: HttpRequest, document: Callable[[], Any]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(document()), content_type="application/json")


@csrf_exempt
def no_such_call(request: HttpRequest) -> HttpResponse:
    """Answer a program that asks for an address below `/api/` that is none."""
    return ApiError(404, "There is no such call; /api/ lists all.").response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer any exception of a page: with 503 while the store or the layer is out of reach, else with 500.

    Django calls it while it handles the exception.
    """
    error = sys.exc_info()[1]
    if not (is_outage(error) or isinstance(error, LayerUnavailable)):
        return defaults.server_error(request)
    response = render(None, "503.html", status=503)  # without the request, whose user is in the store
    response.headers["Retry-After"] = "5"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the page for an unknown address. Django's own view parses the form first, and fails if it is a bad one."""
    response = render(request, "404.html", status=404)
    release_connections()  # Django calls it in a thread that stays
    return response
