"""The dashboard's page, and its figures and alerts as JSON."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pulse import answers
from pulse.alerting.engine import thresholds
from pulse.figures import CHARTS, FIGURES
from pulse.models import Host
from pulse.permissions import can_view_pulse, is_staff
from pulse.storage.series import RANGES
from rtproject.websocket.query import whole_number
from rtproject.websocket.utils.failure_log import FailureLog

DEFAULT_EVENTS = 50
KINDS = (
    "silent",
    "firing",
    "pending",
    "raised",
    "unknown",
    "noted",
    "fine",
)  # of a host's status: see status.js

reading_thresholds = FailureLog("reading the thresholds of alerts")
reading_history = FailureLog("reading the stored pulse", (Error, TimeoutError))

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page with live figures. With PULSE_PUBLIC off, staff must log in to see it."""
    if not can_view_pulse(request.user):
        return redirect_to_login(request.get_full_path())
    page: dict[str, Any] = {"thresholds": {}, "hosts": 0}  # without the store there still are live figures
    with reading_thresholds:
        page = {"thresholds": thresholds(), "hosts": Host.objects.count()}
    shown = {"page": page, "figures": FIGURES, "charts": CHARTS, "kinds": KINDS}
    return render(request, "pulse/dashboard.html", shown)


def _for_viewers(view: View) -> View:
    """Answer 403 without permission to see the pulse: a script cannot use a login page.

    Answer 204 if the store cannot be read: open pages ask again and again, and Django logs each 503.
    """

    @require_safe
    @cache_control(private=True, no_cache=True)
    @wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponse:
        with reading_history:
            if settings.PULSE_PUBLIC or is_staff(await request.auser()):
                return await view(request)
            return HttpResponseForbidden()
        return HttpResponse(status=204)

    return guarded


@_for_viewers
async def samples(request: HttpRequest) -> HttpResponse:
    """`?range=300|3600|86400|604800|7776000&host=…&chart=…`: the figures of the last seconds."""
    seconds = whole_number(request.GET.get("range"), min(RANGES), max(RANGES))
    if seconds not in RANGES:
        return HttpResponseBadRequest(f"range must be one of {', '.join(map(str, RANGES))}.")
    answer = await answers.samples(seconds, request.GET.get("host") or None, request.GET.get("chart") or None)
    return answer.response(request)


@_for_viewers
async def events(request: HttpRequest) -> HttpResponse:
    """`?limit=50&host=…`: the newest alerts that fired, also those that have ended."""
    limit = whole_number(request.GET.get("limit"), 1, answers.MAX_EVENTS) or DEFAULT_EVENTS
    return (await answers.events(limit, request.GET.get("host") or None)).response(request)
