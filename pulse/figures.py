"""The figures of a pulse that charts show, and their mean and peak. No Django."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

import msgspec

from pulse.protocol import Pulse, figure

# Stored rollups hold the figures in this order, so a change of it needs a migration that deletes them.
FIGURES: dict[str, Callable[[Pulse], float | None]] = {
    "cpu": figure("cpu"),
    "memory": figure("memory.percent"),
    "swap": figure("swap.percent"),
    "load": figure("load.0"),
    "disk": figure("disk.percent"),
    "sent": figure("network.sent"),
    "received": figure("network.received"),
}

Row = tuple[float | None, ...]  # a number for each of FIGURES, None where nothing was measured


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """The mean and the peak of each of FIGURES over several pulses of one host."""

    mean: Row
    peak: Row


def fold_of(pulse: Pulse) -> Fold:
    """The figures of one pulse: percent, the load over a minute, bytes per second."""
    row = tuple(figure(pulse) for figure in FIGURES.values())
    return Fold(row, row)


def combined(folds: Sequence[Fold]) -> Fold:
    """Combine one or more folds of about as many pulses each."""
    if len(folds) == 1:
        return folds[0]
    mean = _columns((fold.mean for fold in folds), lambda column: round(fmean(column), 2))
    return Fold(mean, _columns((fold.peak for fold in folds), max))


def _columns(rows: Iterable[Row], combine: Callable[[list[float]], float]) -> Row:
    columns = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    return tuple(combine(column) if column else None for column in columns)
