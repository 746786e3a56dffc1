"""`/metrics`: the server's own figures and the newest pulses, for Prometheus."""

import os
from collections.abc import Iterable, Iterator, Mapping

from asgiref.sync import async_to_sync
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from pulse.answers import newest_metrics
from pulse.permissions import is_staff
from rooms.access.hash_queue import current_hash_queue
from rooms.delivery.registry import current_live_rooms
from rooms.posting import current_publisher, current_writer
from rtproject.state import current_state
from rtproject.tokens.check import authenticate
from rtproject.utils.json_api import ApiError
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.counters import closes, current_loop_delay, events, handshakes, traffic
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.utils.failure_log import FailureLog

# The name of each metric without `rtproject_`, its help text, and its labels besides `process`.
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "connections": ("WebSockets that are open or in their handshake.", ()),
    "handshakes_total": ("Handshakes: accepted, denied with a close code, rejected.", ("outcome", "code")),
    "closes_total": ("Ends of accepted connections.", ("code",)),
    "frames_received_total": ("Messages of clients.", ()),
    "frames_sent_total": ("Messages to clients.", ()),
    "received_bytes_total": ("Bytes of the frames of clients.", ()),
    "sent_bytes_total": ("Bytes of the frames to clients.", ()),
    "backlog_bytes": ("What waits for slow clients, besides the buffers of the server.", ()),
    "slow_clients_total": ("Connections closed because the client did not read.", ()),
    "messages_stored_total": ("Numbered frames of rooms that were stored.", ()),
    "gaps_repaired_total": ("Gaps in what the channel layer brought, filled from the store.", ()),
    "live_rooms": ("Rooms with a member in this process.", ()),
    "queue_length": ("What waits to be stored, published or hashed.", ("queue",)),
    "loop_delay_seconds_total": ("Delays of the event loop, one measurement after the other.", ()),
    "loop_delay_measurements_total": ("Measurements of that delay.", ()),
    "loop_delay_maximum_seconds": ("The largest delay of the last minute.", ()),
    "store_up": ("1 if the database takes writes.", ()),
    "layer_up": ("1 if the channel layer answers.", ()),
}

Figures = Mapping[str, Mapping[tuple[object, ...], float]]  # by metric and the values of its labels

reading_metrics = FailureLog("reading the pulse for /metrics", Error)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of this process and of live hosts, for staff and tokens with the scope `metrics`.

    Answer 503 if the store cannot be read: it knows the tokens.
    """
    with reading_metrics:
        if not is_staff(request.user):
            try:
                async_to_sync(authenticate)(request, "metrics")
            except ApiError as error:
                return error.response
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        content = encode(_Metrics([ServerMetrics(async_to_sync(_read)()), newest_metrics()]))
        return HttpResponse(content, content_type=content_type)
    return HttpResponse(status=503)


async def _read() -> Figures:
    """Return the figures of the server on the running loop."""
    state, delay = await current_state(), current_loop_delay()
    return {
        "connections": {(): len(running_tasks().connections)},
        "handshakes_total": {(outcome, code or ""): n for (outcome, code), n in handshakes.items()},
        "closes_total": {(code or "other",): n for code, n in closes.items()},
        "frames_received_total": {(): traffic.frames_in},
        "frames_sent_total": {(): traffic.frames_out},
        "received_bytes_total": {(): traffic.bytes_in},
        "sent_bytes_total": {(): traffic.bytes_out},
        "backlog_bytes": {(): traffic.backlog_bytes},
        "slow_clients_total": {(): closes[CloseCode.TOO_SLOW]},
        "messages_stored_total": {(): events["messages_stored"]},
        "gaps_repaired_total": {(): events["gaps_repaired"]},
        "live_rooms": {(): len(current_live_rooms())},
        "queue_length": {
            ("store",): current_writer().waiting,
            ("publish",): current_publisher().waiting,
            ("hash",): current_hash_queue().waiting,
        },
        "loop_delay_seconds_total": {(): delay.seconds},
        "loop_delay_measurements_total": {(): delay.count},
        "loop_delay_maximum_seconds": {(): delay.recent_maximum},
        "store_up": {(): state["store"]},
        "layer_up": {(): state["layer"]},
    }


class ServerMetrics(Collector):
    """The figures of this process, and those that Prometheus's client has of every process."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield each of METRICS with the label `process`, then those of the operating system."""
        process = str(os.getpid())
        for name, (meaning, labels) in METRICS.items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            metric = kind(f"rtproject_{name}", meaning, labels=[*labels, "process"])
            for values, value in self._figures[name].items():
                metric.add_metric([*map(str, values), process], value)
            yield metric
        for family in ProcessCollector(registry=None).collect():
            family.samples = [each._replace(labels={"process": process}) for each in family.samples]
            yield family


class _Metrics(Collector):
    def __init__(self, collectors: Iterable[Collector]) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        for collector in self._collectors:
            yield from collector.collect()
