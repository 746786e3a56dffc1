"""The figures of a pulse that charts show, and their mean and peak. No Django."""

import json
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import fmean

import msgspec

from pulse.protocol import Pulse, figure

# The pages read the same file. Stored rollups hold the figures in its order, so a new one comes last. `path` leads from
# a pulse to the value, `unit` is one of `figures.js`, figures of one `chart` share it and are told
# apart by `short`, `help` makes a metric.
FIGURES: list[dict[str, str]] = json.loads((Path(__file__).parent / "static/pulse/figures.json").read_text())
NAMES = [each["name"] for each in FIGURES]
CHARTS = {each.get("chart", each["name"]): each.get("chart", "").title() or each["label"] for each in FIGURES}
MEASURES = {
    chart: [each["name"] for each in FIGURES if each.get("chart", each["name"]) == chart] for chart in CHARTS
}
_READERS = [figure(each["path"]) for each in FIGURES]

Row = tuple[float | None, ...]  # a number for each of FIGURES; fewer in a row of an earlier version


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """The mean and the peak of each of FIGURES over several pulses of one host."""

    mean: Row
    peak: Row


def fold_of(pulse: Pulse) -> Fold:
    """The figures of one pulse: percent, the load over a minute, bytes per second."""
    row = tuple(read(pulse) for read in _READERS)
    return Fold(row, row)


def combined(folds: Sequence[Fold]) -> Fold:
    """Combine one or more folds of about as many pulses each."""
    if len(folds) == 1:
        return folds[0]
    means = zip_longest(*(fold.mean for fold in folds))
    peaks = zip_longest(*(fold.peak for fold in folds))
    return Fold(tuple(_of(column, fmean) for column in means), tuple(_of(column, max) for column in peaks))


def _of(column: Sequence[float | None], combine: Callable[[list[float]], float]) -> float | None:
    known = [value for value in column if value is not None]
    return round(combine(known), 2) if known else None
