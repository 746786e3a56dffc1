"""The dashboard's page, and the figures and alerts that it reads as JSON."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pulse import protocol
from pulse.alerting.engine import entry_of, thresholds
from pulse.models import AlertEvent, Host
from pulse.permissions import can_view_pulse, is_staff
from pulse.prometheus import HostState, exposition
from pulse.storage.series import RANGES, series
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.query import whole_number

thresholds_outage = FailureLog("reading the thresholds of the alerts")


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The live figures. With PULSE_PUBLIC off, whoever is not staff is sent to the admin's login."""
    if settings.PULSE_PUBLIC:
        return _page(request)
    return staff_member_required(_page)(request)


def _page(request: HttpRequest) -> HttpResponse:
    return render(request, "pulse/dashboard.html", {"thresholds": _thresholds()})


def _thresholds() -> dict[str, float]:
    """What the charts mark; nothing, if the store is out of reach: that is when somebody wants to see live figures."""
    with thresholds_outage:
        return thresholds()
    return {}


FEW, MOST_EVENTS = 50, 500

_store = FailureLog("reading what is kept of the pulse", Error)

_metrics_store = FailureLog("reading the pulse for /metrics", Error)

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
            return view(request) if can_view_pulse(request.user) else HttpResponseForbidden()
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


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Every host whose worker runs. For staff, and for who has METRICS_TOKEN; 403 for everybody else.

    503 if the store cannot be asked.
    """
    with _metrics_store:
        may_read = _has_token(request) or is_staff(request.user)
        return _exposition(request) if may_read else HttpResponseForbidden()
    return HttpResponse(status=503)


def _exposition(request: HttpRequest) -> HttpResponse:
    content, content_type = exposition(
        [
            HostState(protocol.decode(host.frame), host.at.timestamp(), host.missed)
            for host in Host.objects.live()
        ],
        [entry_of(event) for event in AlertEvent.objects.open()],
        request.headers.get("Accept", ""),
    )
    return HttpResponse(content, content_type=content_type)


def _has_token(request: HttpRequest) -> bool:
    """Whether the request bears METRICS_TOKEN. While there is none, nobody has it."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token: str = settings.METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)
