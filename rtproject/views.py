"""The site's own pages."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rtproject.state import current_state
from rtproject.ui_text import WORDS


@require_safe
async def home(request: HttpRequest) -> HttpResponse:
    """Show the apps, and the state of the server."""
    return render(request, "home.html", {"state": await current_state(), "words": WORDS})


@never_cache
@require_safe
async def state(request: HttpRequest) -> HttpResponse:
    """Return the state of the server as JSON. 200 also if something is out of reach: this process answers."""
    return JsonResponse(await current_state())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show the page for an unknown address. Django's own view parses the form first, and fails if it is a bad one."""
    return render(request, "404.html", status=404)
