"""What of a pulse is drawn over time and compared with thresholds. Knows nothing of Django."""

from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from pulse.protocol import Pulse

# Whoever adds one adds it at the end: for a day there are rollups that hold them in this order.
FIGURES: dict[str, Callable[[Pulse], float]] = {
    "cpu": lambda pulse: pulse.cpu,
    "memory": lambda pulse: pulse.memory.percent,
    "swap": lambda pulse: pulse.swap.percent,
    "load": lambda pulse: pulse.load[0],
    "disk": lambda pulse: pulse.disk.percent,
    "sent": lambda pulse: pulse.network.sent,
    "received": lambda pulse: pulse.network.received,
}

Row = tuple[float, ...]  # one number for each of FIGURES


class Fold(msgspec.Struct, frozen=True, array_like=True):
    """Several pulses of one host as one: the mean and the highest of each of FIGURES."""

    mean: Row
    peak: Row


def row_of(pulse: Pulse) -> Row:
    """The figures of one pulse: percent, the load over a minute, bytes per second."""
    return tuple(figure(pulse) for figure in FIGURES.values())


def fold(rows: Sequence[Row]) -> Fold:
    """The rows, of which there is at least one, as one."""
    columns = list(zip(*rows, strict=True))
    return Fold(
        mean=tuple(round(fmean(column), 2) for column in columns),
        peak=tuple(max(column) for column in columns),
    )


def fold_again(folds: Sequence[Fold]) -> Fold:
    """Folds of about as many pulses each, of which there is at least one, as one."""
    if len(folds) == 1:
        return folds[0]
    return Fold(fold([each.mean for each in folds]).mean, fold([each.peak for each in folds]).peak)
