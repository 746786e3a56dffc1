"""What the figures are held against. Ratios are taken within a round, and then the median of the rounds."""

from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks.case import Scale
from benchmarks.results import OfRound, Results, Round
from benchmarks.subjects import CHANNELS, FASTAPI, OURS_ON_DAPHNE, OURS_ON_UVICORN, Subject


@dataclass(frozen=True, slots=True)
class Target:
    """`value` of a round is to be `limit` at most; None if it is only reported."""

    name: str
    limit: float | None
    unit: str
    value: OfRound


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a target fared: the median over the rounds and the extremes; all None if it was not measured."""

    target: Target
    value: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def word(self) -> str:
        if self.value is None:
            return "not measured"
        if self.target.limit is None:
            return "no target"
        return "met" if self.value <= self.target.limit else "missed"


def judge(results: Results, target: Target) -> Verdict:
    """Holds what was measured against one target."""
    values = results.values(target.value)
    return Verdict(target, median(values), values[0], values[-1]) if values else Verdict(target)


def all_targets(scale: Scale) -> list[Target]:
    """The targets, in the order in which they are reported."""
    return [
        *_compared(scale),
        *_growths(scale),
        *_of_server(scale, "uvicorn", OURS_ON_UVICORN, 24.0),
        *_of_server(scale, "Daphne", OURS_ON_DAPHNE, 28.0),
    ]


def _compared(scale: Scale) -> list[Target]:
    """The CPU of a delivery and of an echo, as multiples of the baselines'."""
    small, medium, large = (f"fanout-{size}" for size in (scale.small, scale.medium, scale.large))
    table = (
        ("uvicorn / FastAPI", OURS_ON_UVICORN, FASTAPI, {small: 1.0, large: 1.0, "echo": 1.0}),
        ("Daphne / Channels", OURS_ON_DAPHNE, CHANNELS, {small: 0.15, medium: 0.10, "echo": 0.5}),
    )
    words = {case: f"a delivery, {case.partition('-')[2]} members" for case in (small, medium, large)}
    words["echo"] = "an echo"
    return [
        Target(f"CPU of {words[case]}, {pair}", limit, "x", _ratio(_cpu(case, ours), _cpu(case, base)))
        for pair, ours, base, limits in table
        for case, limit in limits.items()
    ]


def _growths(scale: Scale) -> list[Target]:
    small, large = f"fanout-{scale.small}", f"fanout-{scale.large}"
    uvicorn, fastapi, daphne = (
        _ratio(_cpu(large, subject), _cpu(small, subject))
        for subject in (OURS_ON_UVICORN, FASTAPI, OURS_ON_DAPHNE)
    )
    name = f"growth from {scale.small} to {scale.large}"
    return [
        Target(f"{name}, uvicorn / FastAPI's growth", 1.0, "x", _ratio(uvicorn, fastapi)),
        Target(f"{name}, Daphne", 1.3, "x", daphne),
    ]


def _of_server(scale: Scale, server: str, ours: Subject, kib: float) -> list[Target]:
    """What is asked of this site alone, on each server; `kib` is the memory that a connection may need."""
    of = partial(_figure, ours)

    def ratio(figure: str, case: str, other: str) -> OfRound:
        return _ratio(of(case, figure), of(other, figure))

    replay, without = f"replay-{scale.replayed}", f"replay-none-{scale.replayed}"
    stall, reconnect = "5 stalled of 25", f"{scale.replayed} reconnect to a history"
    history = f"CPU of a delivery, {scale.small} members, history / unlisted"
    rows = (
        (f"{stall}: the others miss", 0, "messages", of("stalled", "missing")),
        (f"{stall}: p99 / without them", 2.0, "x", ratio("p99", "stalled", "stalled-none")),
        (f"{stall}: memory grows", 6.0, "MiB", of("stalled", "grown")),
        ("a connection's memory", kib, "KiB", of(f"fanout-{scale.large}", "memory")),
        (f"{scale.huge} connected: absent", 0, "", of(f"crowd-{scale.huge}", "absent")),
        (history, 1.5, "x", ratio("cpu", f"history-{scale.small}", f"fanout-{scale.small}")),
        (f"{reconnect}: seconds / without", None, "x", ratio("seconds", replay, without)),
        (f"{reconnect}: CPU / without", None, "x", ratio("connect_cpu", replay, without)),
    )
    return [Target(f"{words}, {server}", limit, unit, value) for words, limit, unit, value in rows]


def _figure(subject: Subject, case: str, figure: str) -> OfRound:
    return lambda measured: measured[case, subject.name][figure]


def _cpu(case: str, subject: Subject) -> OfRound:
    return _figure(subject, case, "cpu")


def _ratio(above: OfRound, below: OfRound) -> OfRound:
    def value(measured: Round) -> float:
        return above(measured) / below(measured)

    return value
