"""The figures of a pulse that charts show, and their mean and peak. No Django."""

from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from pulse.protocol import Pulse

# Stored rollups hold the figures in this order, so a change of it needs a migration that deletes them.
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


def fold_of(pulse: Pulse) -> Fold:
    """The figures of one pulse: percent, the load over a minute, bytes per second."""
    row = tuple(figure(pulse) for figure in FIGURES.values())
    return Fold(row, row)


def combined(folds: Sequence[Fold]) -> Fold:
    """Combine one or more folds of about as many pulses each."""
    if len(folds) == 1:
        return folds[0]
    means = zip(*(fold.mean for fold in folds), strict=True)
    peaks = zip(*(fold.peak for fold in folds), strict=True)
    return Fold(tuple(round(fmean(column), 2) for column in means), tuple(map(max, peaks)))
