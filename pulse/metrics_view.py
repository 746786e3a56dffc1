"""`/metrics`: the newest pulses for Prometheus."""

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pulse import protocol
from pulse.alerting.engine import entry_of
from pulse.models import AlertEvent, Host
from pulse.permissions import is_staff
from pulse.prometheus import HostState, exposition
from rtproject.utils.failure_log import Outage

_store = Outage("reading the pulse for /metrics", Error)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Every host whose worker runs. For staff, and for who has METRICS_TOKEN; 403 for everybody else.

    503 if the store cannot be asked.
    """
    with _store:
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
