"""The dashboard's figures and events as JSON, read once for all who ask at the same time, and those for Prometheus."""

import asyncio
import gzip
import time
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from pulse.figures import MEASURES, NAMES
from pulse.models import AlertEvent, Host
from pulse.prometheus import HostState, PulseMetrics
from pulse.protocol import AlertEntry, decode
from pulse.storage.series import series
from rtproject.utils.database_threads import in_public_thread
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.utils.loop_local import loop_local

# Of figures. It is short, since pages set their clocks by an answer and ask again for what is missing in it.
FRESH_SECONDS = 1.0
MAX_EVENTS = 500


class Answer(NamedTuple):
    """A body in JSON."""

    body: bytes
    compressed: bytes
    etag: str

    def response(self, request: HttpRequest) -> HttpResponse:
        """Return the response to `request`: 304 if its client has this answer."""
        response = get_conditional_response(request, etag=self.etag)
        if response is None:
            response = HttpResponse(self.body, content_type="application/json")
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                response.content = self.compressed
                response["Content-Encoding"] = "gzip"
        response["ETag"] = self.etag
        patch_vary_headers(response, ["Accept-Encoding"])
        return response


def _encoded(content: Any) -> Answer:
    body = msgspec.json.encode(content)
    # A weak tag, since it stands for both forms.
    return Answer(body, gzip.compress(body, 5), f'W/"{blake2b(body, digest_size=16).hexdigest()}"')


def _read_series(seconds: int, host: str | None, chart: str | None) -> Answer:
    return _encoded(series(seconds, time.time(), host, MEASURES.get(chart or "", NAMES)))


def _read_events(host: str | None) -> list[AlertEntry]:
    fired = AlertEvent.objects.filter(fired__isnull=False).order_by("-since", "-pk")
    if host is None:
        return [event.entry for event in fired[:MAX_EVENTS]]
    # Compared here and not in SQL: `host` may come from a query string and hold a NUL.
    known = [each for each in Host.objects.values_list("name", flat=True) if each == host]
    return [event.entry for event in fired.filter(host__in=known)[:MAX_EVENTS]]


_current_series = loop_local(lambda: TTLCache(in_public_thread(_read_series), FRESH_SECONDS))
_current_events = loop_local(lambda: TTLCache(in_public_thread(_read_events)))


async def samples(seconds: int, host: str | None, chart: str | None) -> Answer:
    """Return the last `seconds` of all hosts and figures, or of `host` and `chart`.

    Raises django.db.Error or TimeoutError.
    """
    return await _current_series().get(seconds, host, chart)


async def events(limit: int, host: str | None) -> Answer:
    """Return the newest alerts that fired, of all hosts or of `host`. Raises django.db.Error or TimeoutError."""
    found = await _current_events().get(host)
    return await asyncio.to_thread(_encoded, {"events": found[:limit]})


def newest_metrics() -> PulseMetrics:
    """Return the newest pulses of live hosts for Prometheus. Blocks. Raises django.db.Error."""
    hosts = [HostState(decode(host.frame), host.at.timestamp(), host.missed) for host in Host.objects.live()]
    return PulseMetrics(hosts, [event.entry for event in AlertEvent.objects.filter(until=None)])
