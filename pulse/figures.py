"""The figures of a pulse that charts show, and their mean and peak. No Django."""

from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from pulse.protocol import Pulse

# Stored rollups hold the figures in this order: a change needs a migration that deletes them.
FIGURES: dict[str, Callable[[Pulse], float]] = {
    "cpu": lambda pulse: pulse.cpu,
    "memory": lambda pulse: pulse.memory.percent,
    "swap": lambda pulse: pulse.swap.percent,
    "load": lambda pulse: pulse.load[0],
    "disk": lambda pulse: pulse.disk.percent,
    "sent": lambda pulse: pulse.network.sent,
    "received": lambda pulse: pulse.network.received,
}

Row = tuple[float, ...]  # a number for each of FIGURES


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """The mean and the peak of each of FIGURES over several pulses of one host."""

    mean: Row
    peak: Row


def row_of(pulse: Pulse) -> Row:
    """The figures of one pulse: percent, the load over a minute, bytes per second."""
    return tuple(figure(pulse) for figure in FIGURES.values())


def fold(rows: Sequence[Row]) -> Fold:
    """Combine one or more rows."""
    columns = list(zip(*rows, strict=True))
    return Fold(
        mean=tuple(round(fmean(column), 2) for column in columns),
        peak=tuple(max(column) for column in columns),
    )


def fold_again(folds: Sequence[Fold]) -> Fold:
    """Combine one or more folds of about as many pulses each."""
    if len(folds) == 1:
        return folds[0]
    return Fold(fold([each.mean for each in folds]).mean, fold([each.peak for each in folds]).peak)
