"""The newest pulses for Prometheus: base units, one metric for each figure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pulse.figures import FIGURES
from pulse.protocol import AlertEntry, Disk, Pulse, figure


def _ratio(path: str) -> Callable[[Pulse], float | None]:
    percent = figure(path)
    return lambda pulse: None if (value := percent(pulse)) is None else value / 100


# The name of each metric without `pulse_`, its help text, and its value. One that ends in `_total` is a counter.
METRICS: tuple[tuple[str, str, Callable[[Pulse], float | None]], ...] = (
    ("cpu_usage_ratio", "Use of all processors, 0 to 1.", _ratio("cpu")),
    ("cpu_seconds_total", "Time that processors were in use, all together.", figure("cpu_seconds")),
    ("memory_used_bytes", "Memory in use.", figure("memory.used")),
    ("memory_size_bytes", "All memory.", figure("memory.total")),
    ("swap_used_bytes", "Swap in use.", figure("swap.used")),
    ("swap_size_bytes", "All swap.", figure("swap.total")),
    ("disk_used_bytes", "Used space of the disk that holds the data.", figure("disk.used")),
    ("disk_available_bytes", "Space that users have left on that disk.", figure("disk.available")),
    ("disk_size_bytes", "Size of the disk that holds the data.", figure("disk.total")),
    ("disk_read_bytes_per_second", "Read from all disks.", figure("io.read")),
    ("disk_written_bytes_per_second", "Written to all disks.", figure("io.written")),
    ("disk_read_bytes_total", "The same since the worker started.", figure("io.read_total")),
    ("disk_written_bytes_total", "The same since the worker started.", figure("io.written_total")),
    ("steal_ratio", "Time that the hypervisor gave to others, 0 to 1.", _ratio("steal")),
    ("iowait_ratio", "Time spent idle, waiting for disks, 0 to 1.", _ratio("iowait")),
    ("load1", "Load average over 1 minute.", figure("load.0")),
    ("load5", "Load average over 5 minutes.", figure("load.1")),
    ("load15", "Load average over 15 minutes.", figure("load.2")),
    ("network_sent_bytes_per_second", "Sent on all uplinks.", figure("network.sent")),
    ("network_received_bytes_per_second", "Received on all uplinks.", figure("network.received")),
    ("network_sent_bytes_total", "The same since the worker started.", figure("network.sent_total")),
    ("network_received_bytes_total", "The same since the worker started.", figure("network.received_total")),
    ("uptime_seconds", "Time since the machine started.", figure("uptime")),
    ("interval_seconds", "Time that the newest pulse covers.", figure("interval")),
    *((each["name"], each["help"], figure(each["path"])) for each in FIGURES if "help" in each),
)

# The same for each disk of a host.
DISK_METRICS: tuple[tuple[str, str, Callable[[Disk], float | None]], ...] = (
    ("mount_available_bytes", "Space that users have left on a disk.", lambda disk: disk.available),
    ("mount_size_bytes", "Size of a disk.", lambda disk: disk.total),
    (
        "mount_inodes_ratio",
        "Use of a disk's inodes, 0 to 1.",
        lambda disk: None if disk.inodes is None else disk.inodes / 100,
    ),
)

Sample = tuple[Sequence[str], float | None]  # the values of the labels, and of the metric if it was measured


@dataclass(frozen=True, slots=True)
class HostState:
    """The newest pulse of a host, its Unix time, and the ticks that the host's worker missed."""

    pulse: Pulse
    at: float
    missed: int


@dataclass(frozen=True, slots=True)
class PulseMetrics(Collector):
    """The figures of hosts, and the alerts that are pending or firing."""

    hosts: Sequence[HostState]
    alerts: Iterable[AlertEntry]

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with a sample for each host."""
        for name, meaning, value in METRICS:
            figures = [((host.pulse.host,), value(host.pulse)) for host in self.hosts]
            yield _metric(name, meaning, ["host"], figures)
        cores = [
            ((host.pulse.host, str(core)), use / 100)
            for host in self.hosts
            for core, use in enumerate(host.pulse.cores or ())
        ]
        yield _metric("core_usage_ratio", "Use of one processor, 0 to 1.", ["host", "core"], cores)
        for name, meaning, of in DISK_METRICS:
            disks = [
                ((host.pulse.host, disk.mount), of(disk))
                for host in self.hosts
                for disk in host.pulse.disks or ()
            ]
            yield _metric(name, meaning, ["host", "mount"], disks)
        times = [((host.pulse.host,), host.at) for host in self.hosts]
        yield _metric("time_seconds", "Unix time of the newest pulse.", ["host"], times)
        missed = [((host.pulse.host,), host.missed) for host in self.hosts]
        meaning = "Ticks that the host's worker missed since it started."
        yield _metric("missed_ticks_total", meaning, ["host"], missed)
        alerts = [((alert.host, alert.metric, alert.state), 1) for alert in self.alerts]
        meaning = "1 for each alert that is pending or firing."
        yield _metric("alerts", meaning, ["host", "metric", "state"], alerts)


def _metric(name: str, meaning: str, labels: Sequence[str], samples: Iterable[Sample]) -> Metric:
    kind: Any = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    metric: Metric = kind(f"pulse_{name}", meaning, labels=labels)
    for values, value in samples:
        if value is not None:
            metric.add_metric(values, value)  # type: ignore[attr-defined]
    return metric
