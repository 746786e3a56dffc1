"""The newest pulses for Prometheus: base units, one metric for each figure, the host as a label."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from pulse.protocol import AlertEntry, Pulse

# The name of each metric without `pulse_`, what Prometheus shows as its help, and its value.
GAUGES: tuple[tuple[str, str, Callable[[Pulse], float]], ...] = (
    ("cpu_usage_ratio", "Use of all processors, 0 to 1.", lambda pulse: pulse.cpu / 100),
    ("memory_used_bytes", "Memory that is in use.", lambda pulse: pulse.memory.used),
    ("memory_size_bytes", "Memory that there is.", lambda pulse: pulse.memory.total),
    ("swap_used_bytes", "Swap that is in use.", lambda pulse: pulse.swap.used),
    ("swap_size_bytes", "Swap that there is.", lambda pulse: pulse.swap.total),
    ("disk_used_bytes", "What is used of the disk that holds the data.", lambda pulse: pulse.disk.used),
    ("disk_size_bytes", "The size of the disk that holds the data.", lambda pulse: pulse.disk.total),
    ("load1", "Load average over 1 minute.", lambda pulse: pulse.load[0]),
    ("load5", "Load average over 5 minutes.", lambda pulse: pulse.load[1]),
    ("load15", "Load average over 15 minutes.", lambda pulse: pulse.load[2]),
    ("network_sent_bytes_per_second", "Sent on all interfaces.", lambda pulse: pulse.network.sent),
    (
        "network_received_bytes_per_second",
        "Received on all interfaces.",
        lambda pulse: pulse.network.received,
    ),
    ("uptime_seconds", "How long the machine has been running.", lambda pulse: pulse.uptime),
    ("interval_seconds", "What the newest pulse covers.", lambda pulse: pulse.interval),
)


@dataclass(frozen=True, slots=True)
class HostState:
    """The newest pulse of a host, the Unix time it was measured at, and the ticks that its worker missed."""

    pulse: Pulse
    at: float
    missed: int


def exposition(hosts: Sequence[HostState], alerts: Iterable[AlertEntry], accept: str) -> tuple[bytes, str]:
    """What Prometheus is answered, and its content type: the format that the header `accept` asks for."""
    registry = CollectorRegistry()
    registry.register(_Pulses(hosts, alerts))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Pulses(Collector):
    def __init__(self, hosts: Sequence[HostState], alerts: Iterable[AlertEntry]) -> None:
        self._hosts = hosts
        self._alerts = alerts

    def collect(self) -> Iterator[Metric]:
        for name, meaning, value in GAUGES:
            gauge = GaugeMetricFamily(f"pulse_{name}", meaning, labels=["host"])
            for host in self._hosts:
                gauge.add_metric([host.pulse.host], value(host.pulse))
            yield gauge
        yield self._cores()
        yield self._times()
        yield self._missed()
        yield self._open_alerts()

    def _cores(self) -> Metric:
        gauge = GaugeMetricFamily(
            "pulse_core_usage_ratio", "Use of one processor, 0 to 1.", labels=["host", "core"]
        )
        for host in self._hosts:
            for core, use in enumerate(host.pulse.cores):
                gauge.add_metric([host.pulse.host, str(core)], use / 100)
        return gauge

    def _times(self) -> Metric:
        gauge = GaugeMetricFamily("pulse_time_seconds", "Unix time of the newest pulse.", labels=["host"])
        for host in self._hosts:
            gauge.add_metric([host.pulse.host], host.at)
        return gauge

    def _missed(self) -> Metric:
        counter = CounterMetricFamily(
            "pulse_missed_ticks", "Ticks that the host's worker missed since it was started.", labels=["host"]
        )
        for host in self._hosts:
            counter.add_metric([host.pulse.host], host.missed)
        return counter

    def _open_alerts(self) -> Metric:
        gauge = GaugeMetricFamily(
            "pulse_alerts", "1 for each alert that is pending or firing.", labels=["host", "metric", "state"]
        )
        for alert in self._alerts:
            gauge.add_metric([alert.host, alert.metric, alert.state], 1)
        return gauge
