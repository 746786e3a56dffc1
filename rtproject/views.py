"""The site's own pages."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rtproject.state import State, current_state
from rtproject.ui_text import WORDS


@require_safe
async def home(request: HttpRequest) -> HttpResponse:
    """Show the apps, and the state of the server."""
    return render(request, "home.html", {"state": _as_json(await current_state()), "words": WORDS})


@never_cache
@require_safe
async def state(request: HttpRequest) -> HttpResponse:
    """Return the state of the server as JSON. 200 also if something is out of reach: this process answers."""
    return JsonResponse(_as_json(await current_state()))


def _as_json(found: State) -> dict[str, object]:
    return {"ok": found.ok, **asdict(found)}
