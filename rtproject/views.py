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
    """Return the server's state as JSON, with status 200 even if something is out of reach."""
    return JsonResponse(await current_state())
