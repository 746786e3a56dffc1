"""What the dashboard reads: the kept figures, and the alerts. JSON, for whoever may see the dashboard."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pulse.alerting.engine import entry_of
from pulse.models import AlertEvent
from pulse.permissions import may_watch
from pulse.storage.series import RANGES, series
from rtproject.utils.failure_log import Outage
from rtproject.websocket.query import whole_number

FEW, MOST_EVENTS = 50, 500

_store = Outage("reading what is kept of the pulse", Error)

View = Callable[[HttpRequest], HttpResponse]


def _for_watchers(view: View) -> View:
    """403 for whoever may not see the pulse: a program cannot make use of a login page.

    204 if the store cannot be asked: every open page asks again and again, and Django logs each 503.
    """

    @require_safe
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        with _store:
            return view(request) if may_watch(request.user) else HttpResponseForbidden()
        return HttpResponse(status=204)

    return guarded


@_for_watchers
def samples(request: HttpRequest) -> HttpResponse:
    """`?range=300|3600|86400&host=…`: the figures of the last so many seconds."""
    seconds = whole_number(request.GET.get("range"), min(RANGES), max(RANGES))
    if seconds not in RANGES:
        return HttpResponseBadRequest(f"range must be one of {', '.join(map(str, RANGES))}.")
    return _json(series(seconds, request.GET.get("host") or None, time.time()))


@_for_watchers
def events(request: HttpRequest) -> HttpResponse:
    """`?limit=50`: the newest alerts that fired, those that are over too. Of a pending one it is not known yet."""
    limit = whole_number(request.GET.get("limit"), 1, MOST_EVENTS) or FEW
    newest = AlertEvent.objects.filter(fired__isnull=False).order_by("-since", "-pk")[:limit]
    return _json({"events": [entry_of(event) for event in newest]})


def _json(content: Any) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(content), content_type="application/json")
