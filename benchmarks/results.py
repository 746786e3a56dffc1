"""What was measured, by round, case and subject."""

from collections.abc import Callable
from statistics import median

Figures = dict[str, float]  # one measurement: its names are the keys that cases.py writes
Round = dict[tuple[str, str], Figures]  # by the names of the case and of the subject
OfRound = Callable[[Round], float]  # raises KeyError if what it needs was not measured in this round


class Results:
    """The rounds of one run of the benchmarks."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []

    def values(self, of: OfRound) -> list[float]:
        """One value for each round in which it can be told, ascending."""
        values = []
        for measured in self.rounds:
            try:
                values.append(of(measured))
            except KeyError:
                continue
        return sorted(values)

    def median(self, case: str, subject: str, figure: str) -> float | None:
        """The median over the rounds, None if it was never measured."""
        values = self.values(lambda measured: measured[case, subject][figure])
        return median(values) if values else None

    def subjects(self, case: str) -> list[str]:
        """The names of the subjects that were measured in a case, in the order of the first round."""
        return list(
            dict.fromkeys(subject for measured in self.rounds for name, subject in measured if name == case)
        )
