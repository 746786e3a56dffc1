"""The dashboard page."""

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pulse.alerting.engine import thresholds
from rtproject.utils.failure_log import Outage

thresholds_outage = Outage("reading the thresholds of the alerts")


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
