"""The figures of a run, by round, case and subject."""

from collections.abc import Iterable, Sequence
from math import prod

Figures = dict[str, float]  # of one measurement, by their names
Round = dict[tuple[str, str], Figures]  # by the names of case and subject
Figure = tuple[str, str, str]  # the names of case, subject and figure


def values(rounds: Iterable[Round], above: Sequence[Figure], below: Sequence[Figure] = ()) -> list[float]:
    """The quotients of the products of `above` and `below` in all rounds with both, ascending."""
    found = []
    for measured in rounds:
        try:
            found.append(_product(measured, above) / _product(measured, below))
        except (KeyError, ZeroDivisionError):  # not measured, or too short for the clock of CPU time
            continue
    return sorted(found)


def _product(measured: Round, figures: Sequence[Figure]) -> float:
    return prod(measured[case, subject][name] for case, subject, name in figures)
