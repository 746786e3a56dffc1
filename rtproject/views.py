"""The site's own pages."""

import sys

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rtproject.state import current_state
from rtproject.ui_text import WORDS
from rtproject.utils.db import is_outage, release_connections
from rtproject.websocket.exceptions import LayerUnavailable


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the apps, and the state of the server."""
    return render(request, "home.html", {"state": async_to_sync(current_state)(), "words": WORDS})


@never_cache
@require_safe
async def state(request: HttpRequest) -> HttpResponse:
    """Return the server's state as JSON, with status 200 even if something is out of reach."""
    return JsonResponse(await current_state())


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
