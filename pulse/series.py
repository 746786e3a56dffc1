"""The kept figures of all hosts as series over time, thinned to what a chart can show. It blocks, for threads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil

import msgspec
from django.conf import settings

from pulse import protocol
from pulse.figures import FIGURES, Fold, fold_again, row_of
from pulse.models import Host, Rollup, Sample
from pulse.rollups import STEPS, read_fold

RAW = 300  # seconds for which every sample is shown
RANGES = (RAW, *STEPS)

Points = dict[int, list[Fold]]  # by the number of the step


class Metric(msgspec.Struct, frozen=True):
    """One figure over time, an entry for each step; null where nothing was measured."""

    mean: list[float | None]
    peak: list[float | None]


class HostSeries(msgspec.Struct, frozen=True):
    """All figures of one host. `start` is the Unix time at which the first step begins; `interval` is its beat."""

    start: float
    interval: float
    metrics: dict[str, Metric]


class Series(msgspec.Struct, frozen=True):
    """The answer to `/dashboard/samples/`. Times are Unix time, in seconds. Of RAW a host's step is its `interval`."""

    now: float
    range: int
    step: float
    hosts: dict[str, HostSeries]


def series(seconds: int, host: str | None, now: float) -> Series:
    """The last `seconds`, one of RANGES, of `host` or of all. Raises django.db.Error."""
    beats = dict(Host.objects.values_list("name", "beat"))
    if host is not None:
        # Looked up here and not in SQL: `host` may come from a query string and hold what a database cannot.
        beats = {name: beat for name, beat in beats.items() if name == host}
    step = float(settings.PULSE_INTERVAL) if seconds == RAW else _thinned(STEPS[seconds])
    steps = beats if seconds == RAW else dict.fromkeys(beats, step)
    found = _raw(steps, now) if seconds == RAW else _rolled_up(STEPS[seconds], steps, now - seconds, now)
    return Series(
        now=now,
        range=seconds,
        step=step,
        hosts={
            name: _of_host(points, beats[name], steps[name], now - seconds, now)
            for name, points in sorted(found.items())
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
    for name, start, figures in rollups.values_list("host", "start", "figures"):
        found[name][int(start // steps[name])].append(read_fold(figures))
    return found


def _of_host(points: Points, beat: float, step: float, since: float, now: float) -> HostSeries:
    """From the first step that holds anything until now."""
    first, last = max(int(since // step), min(points)), int(now // step)
    folds = [fold_again(points[number]) if number in points else None for number in range(first, last + 1)]
    means = _columns(None if each is None else each.mean for each in folds)
    peaks = _columns(None if each is None else each.peak for each in folds)
    metrics = {name: Metric(mean, peak) for name, mean, peak in zip(FIGURES, means, peaks, strict=True)}
    return HostSeries(start=first * step, interval=beat, metrics=metrics)


def _columns(rows: Iterable[tuple[float, ...] | None]) -> list[list[float | None]]:
    """The columns of rows that may be missing, or be of a time when there were fewer figures."""
    width = len(FIGURES)
    nothing: tuple[float | None, ...] = (None,) * width
    full = ((*row, *nothing)[:width] if row else nothing for row in rows)
    return [list(column) for column in zip(*full, strict=True)]
