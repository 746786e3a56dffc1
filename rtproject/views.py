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
    """What is here, and how it is."""
    return render(request, "home.html", {"state": _as_json(await current_state()), "words": WORDS})


@never_cache
@require_safe
async def state(request: HttpRequest) -> HttpResponse:
    """How the server is, as JSON. It answers 200 also when something is out of reach: this process does answer."""
    return JsonResponse(_as_json(await current_state()))


def _as_json(found: State) -> dict[str, object]:
    return {"ok": found.ok, **asdict(found)}
