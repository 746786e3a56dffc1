"""The newest pulses for Prometheus: base units, one metric for each figure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from pulse.figures import FIGURES, reader
from pulse.protocol import AlertEntry, Pulse

# The name of each metric without `pulse_`, its help text, and its value.
GAUGES: tuple[tuple[str, str, Callable[[Pulse], float | None]], ...] = (
    ("cpu_usage_ratio", "Use of all processors, 0 to 1.", lambda pulse: pulse.cpu / 100),
    ("memory_used_bytes", "Memory in use.", lambda pulse: pulse.memory.used),
    ("memory_size_bytes", "All memory.", lambda pulse: pulse.memory.total),
    ("swap_used_bytes", "Swap in use.", lambda pulse: pulse.swap.used),
    ("swap_size_bytes", "All swap.", lambda pulse: pulse.swap.total),
    ("disk_used_bytes", "Used space of the disk that holds the data.", lambda pulse: pulse.disk.used),
    ("disk_size_bytes", "Size of the disk that holds the data.", lambda pulse: pulse.disk.total),
    ("load1", "Load average over 1 minute.", lambda pulse: pulse.load[0]),
    ("load5", "Load average over 5 minutes.", lambda pulse: pulse.load[1]),
    ("load15", "Load average over 15 minutes.", lambda pulse: pulse.load[2]),
    ("network_sent_bytes_per_second", "Sent on all interfaces.", lambda pulse: pulse.network.sent),
    (
        "network_received_bytes_per_second",
        "Received on all interfaces.",
        lambda pulse: pulse.network.received,
    ),
    ("uptime_seconds", "Time since the machine started.", lambda pulse: pulse.uptime),
    ("interval_seconds", "Time that the newest pulse covers.", lambda pulse: pulse.interval),
    *((figure["name"], figure["help"], reader(figure)) for figure in FIGURES if "help" in figure),
)

Sample = tuple[Sequence[str], float]  # the values of the labels, and of the metric


@dataclass(frozen=True, slots=True)
class HostState:
    """The newest pulse of a host, its Unix time, and the ticks that the host's worker missed."""

    pulse: Pulse
    at: float
    missed: int


def exposition(hosts: Sequence[HostState], alerts: Iterable[AlertEntry], accept: str) -> tuple[bytes, str]:
    """The answer to Prometheus and its content type, in the format of the header `accept`."""
    encode, content_type = choose_encoder(accept)
    return encode(_Metrics(hosts, alerts)), content_type


@dataclass(frozen=True, slots=True)
class _Metrics(Collector):
    hosts: Sequence[HostState]
    alerts: Iterable[AlertEntry]

    def collect(self) -> Iterator[Metric]:
        for name, meaning, value in GAUGES:
            values = [(host.pulse.host, value(host.pulse)) for host in self.hosts]
            figures = [((host,), measured) for host, measured in values if measured is not None]
            yield _gauge(name, meaning, ["host"], figures)
        cores = [
            ((host.pulse.host, str(core)), use / 100)
            for host in self.hosts
            for core, use in enumerate(host.pulse.cores)
        ]
        yield _gauge("core_usage_ratio", "Use of one processor, 0 to 1.", ["host", "core"], cores)
        times = [((host.pulse.host,), host.at) for host in self.hosts]
        yield _gauge("time_seconds", "Unix time of the newest pulse.", ["host"], times)
        missed = CounterMetricFamily(
            "pulse_missed_ticks", "Ticks that the host's worker missed since it started.", labels=["host"]
        )
        for host in self.hosts:
            missed.add_metric([host.pulse.host], host.missed)
        yield missed
        alerts = [((alert.host, alert.metric, alert.state), 1) for alert in self.alerts]
        meaning = "1 for each alert that is pending or firing."
        yield _gauge("alerts", meaning, ["host", "metric", "state"], alerts)


def _gauge(name: str, meaning: str, labels: Sequence[str], samples: Iterable[Sample]) -> Metric:
    gauge = GaugeMetricFamily(f"pulse_{name}", meaning, labels=labels)
    for values, value in samples:
        gauge.add_metric(values, value)
    return gauge
