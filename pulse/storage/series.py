"""The kept figures of all hosts as series over time, thinned to what a chart can show. It blocks, for threads."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil

import msgspec
from django.conf import settings

from pulse import protocol
from pulse.figures import FIGURES, Fold, Row, fold_again, row_of
from pulse.models import Host, Rollup, Sample
from pulse.storage.rollups import STEPS, read_folds

RAW = 300  # seconds for which every sample is shown
RANGES = (RAW, *STEPS)

WIDTH = len(FIGURES)
NOTHING: tuple[float | None, ...] = (None,) * (2 * WIDTH)

Points = dict[int, list[Fold]]  # by the number of the step


class Metric(msgspec.Struct, frozen=True):
    """One figure over time, an entry for each step; null where nothing was measured."""

    mean: list[float | None]
    peak: list[float | None]


class HostSeries(msgspec.Struct, frozen=True):
    """All figures of one host. Unix times: `start` when the first step begins, `last` that of its newest sample by the
    host's own clock, `seen` when that was stored, by the store's.

    `interval` is its interval. There are no entries if nothing was measured in the range.
    """

    start: float
    last: float
    seen: float
    interval: float
    metrics: dict[str, Metric]


class Series(msgspec.Struct, frozen=True):
    """The answer to `/dashboard/samples/`. Times are Unix time, in seconds. Of RAW a host's step is its `interval`."""

    now: float
    range: int
    step: float
    hosts: dict[str, HostSeries]


def series(seconds: int, host: str | None, now: float) -> Series:
    """The last `seconds`, one of RANGES, of `host` or of all that are known. Raises django.db.Error."""
    hosts = {known.name: known for known in Host.objects.only("name", "interval", "at", "seen")}
    if host is not None:
        # Looked up here and not in SQL: `host` may come from a query string and hold what a database cannot.
        hosts = {host: hosts[host]} if host in hosts else {}
    step = float(settings.PULSE_INTERVAL) if seconds == RAW else _thinned(STEPS[seconds])
    steps = {name: known.interval if seconds == RAW else step for name, known in hosts.items()}
    found = _raw(steps, now) if seconds == RAW else _rolled_up(STEPS[seconds], steps, now - seconds, now)
    return Series(
        now=now,
        range=seconds,
        step=step,
        hosts={
            name: _of_host(hosts[name], found.get(name, {}), steps[name], now - seconds, now)
            for name in sorted(hosts)
        },
    )


def _thinned(kept: int) -> float:
    """As many of the steps that are kept as it takes for each to hold a pulse."""
    return float(kept * max(1, ceil(settings.PULSE_INTERVAL / kept)))


def _raw(steps: Mapping[str, float], now: float) -> dict[str, Points]:
    found: dict[str, Points] = defaultdict(lambda: defaultdict(list))
    span = (datetime.fromtimestamp(now - RAW, UTC), datetime.fromtimestamp(now, UTC))
    samples = Sample.objects.filter(at__range=span, host__in=steps)
    for name, at, frame in samples.values_list("host", "at", "frame"):
        row = row_of(protocol.decode(frame))
        found[name][int(at.timestamp() // steps[name])].append(Fold(row, row))
    return found


def _rolled_up(kept: int, steps: Mapping[str, float], since: float, now: float) -> dict[str, Points]:
    found: dict[str, Points] = defaultdict(lambda: defaultdict(list))
    rollups = Rollup.objects.filter(step=kept, host__in=steps, start__range=(since, now))
    rows = list(rollups.values_list("host", "start", "figures"))
    for (name, start, _), fold in zip(rows, read_folds(figures for _, _, figures in rows), strict=True):
        found[name][int(start // steps[name])].append(fold)
    return found


def _of_host(host: Host, points: Points, step: float, since: float, now: float) -> HostSeries:
    """From the first step that holds anything until now."""
    last = int(now // step)
    first = max(int(since // step), min(points, default=last + 1))
    folds = [fold_again(points[number]) if number in points else None for number in range(first, last + 1)]
    columns = zip(
        *[NOTHING if each is None else _full(each.mean) + _full(each.peak) for each in folds], strict=True
    )
    listed = [list(column) for column in columns] or [[] for _ in range(2 * WIDTH)]
    metrics = map(Metric, listed[:WIDTH], listed[WIDTH:])
    return HostSeries(
        start=first * step,
        last=host.at.timestamp(),
        seen=host.seen.timestamp(),
        interval=host.interval,
        metrics=dict(zip(FIGURES, metrics, strict=True)),
    )


def _full(row: Row) -> tuple[float | None, ...]:
    """The row, also if it is of a time when there were fewer figures."""
    return row if len(row) == WIDTH else (*row, *NOTHING)[:WIDTH]
