"""The figures of all hosts over time, with as many points as a chart shows.

It blocks: call it in threads.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil

import msgspec
from django.conf import settings

from pulse import protocol
from pulse.figures import NAMES, Fold, Row, combined, fold_of
from pulse.models import Host, Rollup, Sample
from pulse.protocol import moment
from pulse.storage.rollups import STEPS, read_folds
from rtproject.utils.rows import read_rows

RAW = 300  # seconds of the chart that shows every sample
RANGES = (RAW, *STEPS)

NOTHING = Fold((None,) * len(NAMES), (None,) * len(NAMES))

Points = dict[int, list[Fold]]  # by the number of the step


class Metric(msgspec.Struct, frozen=True):
    """One figure over time: an entry for each step, or null where nothing was measured."""

    mean: list[float | None]
    peak: list[float | None]


class HostSeries(msgspec.Struct, frozen=True):
    """All figures of one host, empty lists if nothing was measured in the range.

    Unix times: `start` of the first step, `last` of the newest sample by the host's clock, `seen` of the
    same by the store's clock. `interval` is the seconds from one pulse of the host to the next. `stopped` is whether
    its agent said that it stops.
    """

    start: float
    last: float
    seen: float
    interval: float
    stopped: bool
    metrics: dict[str, Metric]


class _SampleRow(msgspec.Struct, array_like=True):
    host: str
    at: datetime
    frame: str


class _RollupRow(msgspec.Struct, array_like=True):
    host: str
    start: int
    figures: str


class Series(msgspec.Struct, frozen=True):
    """The answer to `/dashboard/samples/`. In the range RAW a host's step is its `interval`."""

    now: float
    range: int
    step: float
    hosts: dict[str, HostSeries]


def series(seconds: int, now: float, host: str | None = None, names: Sequence[str] = NAMES) -> Series:
    """The figures `names` of the last `seconds`, one of RANGES, of all hosts or of `host`. Raise django.db.Error."""
    # Compared here and not in SQL: `host` may come from a query string and hold a NUL.
    every = Host.objects.only("name", "interval", "at", "seen", "stopped")
    hosts = {known.name: known for known in every if host in (None, known.name)}
    since = now - seconds
    if seconds == RAW:
        step = float(settings.PULSE_INTERVAL)
        steps = {name: known.interval for name, known in hosts.items()}
        folds = _raw(hosts, since, now)
    else:
        # As many stored steps as it takes for each to hold a pulse.
        step = float(STEPS[seconds] * max(1, ceil(settings.PULSE_INTERVAL / STEPS[seconds])))
        steps = dict.fromkeys(hosts, step)
        folds = _rolled_up(STEPS[seconds], hosts, since, now)
    points: dict[str, Points] = {name: defaultdict(list) for name in sorted(hosts)}
    for name, at, fold in folds:
        points[name][int(at // steps[name])].append(fold)
    found = {
        name: _host_series(hosts[name], points[name], steps[name], (since, now), names) for name in points
    }
    return Series(now=now, range=seconds, step=step, hosts=found)


def _raw(hosts: Iterable[str], since: float, now: float) -> Iterator[tuple[str, float, Fold]]:
    samples = Sample.objects.filter(at__range=(moment(since), moment(now)), host__in=hosts)
    for row in read_rows(samples, _SampleRow):
        yield row.host, row.at.replace(tzinfo=UTC).timestamp(), fold_of(protocol.decode(row.frame))


def _rolled_up(
    step: int, hosts: Iterable[str], since: float, now: float
) -> Iterator[tuple[str, float, Fold]]:
    rollups = Rollup.objects.filter(step=step, host__in=hosts, start__range=(since, now))
    rows = read_rows(rollups, _RollupRow)
    folds = read_folds(row.figures for row in rows)
    for row, fold in zip(rows, folds, strict=True):
        yield row.host, row.start, fold


def _host_series(
    host: Host, points: Points, step: float, span: tuple[float, float], names: Sequence[str]
) -> HostSeries:
    """The series from the first step that holds anything until now."""
    since, now = span
    last = int(now // step)
    first = max(int(since // step), min(points, default=last + 1))
    folds = [combined(points[number]) if number in points else NOTHING for number in range(first, last + 1)]
    places = [NAMES.index(name) for name in names]
    means, peaks = (
        _columns(rows, places) for rows in ([fold.mean for fold in folds], [fold.peak for fold in folds])
    )
    return HostSeries(
        start=first * step,
        last=host.at.timestamp(),
        seen=host.seen.timestamp(),
        interval=host.interval,
        stopped=host.stopped,
        metrics=dict(zip(names, map(Metric, means, peaks), strict=True)),
    )


def _columns(rows: list[Row], places: Iterable[int]) -> list[list[float | None]]:
    """A list for each of the figures at `places`, also of those that no row has yet."""
    return [[row[place] if place < len(row) else None for row in rows] for place in places]
