"""The figures of all hosts over time, with as many points as a chart shows.

It blocks: call it in threads.
"""

from collections import defaultdict
from collections.abc import Mapping
from math import ceil

import msgspec
from django.conf import settings

from pulse import protocol
from pulse.figures import FIGURES, Fold, fold_again, row_of
from pulse.models import Host, Rollup, Sample
from pulse.protocol import moment
from pulse.storage.rollups import STEPS, read_folds

RAW = 300  # seconds of the chart that shows every sample
RANGES = (RAW, *STEPS)

WIDTH = len(FIGURES)
NOTHING: tuple[float | None, ...] = (None,) * (2 * WIDTH)

Points = dict[int, list[Fold]]  # by the number of the step


class Metric(msgspec.Struct, frozen=True):
    """One figure over time: an entry for each step, or null where nothing was measured."""

    mean: list[float | None]
    peak: list[float | None]


class HostSeries(msgspec.Struct, frozen=True):
    """All figures of one host, empty lists if nothing was measured in the range.

    Unix times: `start` of the first step, `last` of the newest sample by the host's clock, `seen` of the
    same by the store's clock. `interval` is the seconds from one pulse of the host to the next.
    """

    start: float
    last: float
    seen: float
    interval: float
    metrics: dict[str, Metric]


class Series(msgspec.Struct, frozen=True):
    """The answer to `/dashboard/samples/`. In the range RAW a host's step is its `interval`."""

    now: float
    range: int
    step: float
    hosts: dict[str, HostSeries]


def series(seconds: int, host: str | None, now: float) -> Series:
    """The last `seconds`, one of RANGES, of `host` or of all hosts. Raise django.db.Error."""
    hosts = {known.name: known for known in Host.objects.only("name", "interval", "at", "seen")}
    if host is not None:
        # Compared here and not in SQL: `host` may come from a query string and hold a NUL.
        hosts = {host: hosts[host]} if host in hosts else {}
    since = now - seconds
    if seconds == RAW:
        step = float(settings.PULSE_INTERVAL)
        steps = {name: known.interval for name, known in hosts.items()}
        points = _raw(steps, since, now)
    else:
        # As many stored steps as it takes for each to hold a pulse.
        step = float(STEPS[seconds] * max(1, ceil(settings.PULSE_INTERVAL / STEPS[seconds])))
        steps = dict.fromkeys(hosts, step)
        points = _rolled_up(STEPS[seconds], steps, since, now)
    found = {
        name: _host_series(hosts[name], points.get(name, {}), steps[name], since, now)
        for name in sorted(hosts)
    }
    return Series(now=now, range=seconds, step=step, hosts=found)


def _raw(steps: Mapping[str, float], since: float, now: float) -> dict[str, Points]:
    points: dict[str, Points] = defaultdict(lambda: defaultdict(list))
    samples = Sample.objects.filter(at__range=(moment(since), moment(now)), host__in=steps)
    for name, at, frame in samples.values_list("host", "at", "frame"):
        row = row_of(protocol.decode(frame))
        points[name][int(at.timestamp() // steps[name])].append(Fold(row, row))
    return points


def _rolled_up(stored_step: int, steps: Mapping[str, float], since: float, now: float) -> dict[str, Points]:
    points: dict[str, Points] = defaultdict(lambda: defaultdict(list))
    rollups = Rollup.objects.filter(step=stored_step, host__in=steps, start__range=(since, now))
    rows = list(rollups.values_list("host", "start", "figures"))
    for (name, start, _), fold in zip(rows, read_folds(figures for _, _, figures in rows), strict=True):
        points[name][int(start // steps[name])].append(fold)
    return points


def _host_series(host: Host, points: Points, step: float, since: float, now: float) -> HostSeries:
    """The series from the first step that holds anything until now."""
    last = int(now // step)
    first = max(int(since // step), min(points, default=last + 1))
    folds = [fold_again(points[number]) if number in points else None for number in range(first, last + 1)]
    rows = [NOTHING if fold is None else fold.mean + fold.peak for fold in folds]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in NOTHING]
    metrics = map(Metric, columns[:WIDTH], columns[WIDTH:])
    return HostSeries(
        start=first * step,
        last=host.at.timestamp(),
        seen=host.seen.timestamp(),
        interval=host.interval,
        metrics=dict(zip(FIGURES, metrics, strict=True)),
    )
