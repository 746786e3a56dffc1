"""What the figures are held against. Ratios are taken within a round, and then the median of the rounds."""

from dataclasses import dataclass
from statistics import median

from benchmarks.cases import Scale
from benchmarks.results import OfRound, Results, Round
from benchmarks.subjects import CHANNELS, FASTAPI, OURS_ON_DAPHNE, OURS_ON_UVICORN, Subject


@dataclass(frozen=True, slots=True)
class Target:
    """`value` of a round is to be `limit` at most."""

    name: str
    limit: float
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
        return "met" if self.value <= self.target.limit else "missed"


def judge(results: Results, target: Target) -> Verdict:
    """Holds what was measured against one target."""
    values = results.values(target.value)
    return Verdict(target, median(values), values[0], values[-1]) if values else Verdict(target)


def all_targets(scale: Scale) -> list[Target]:
    """The targets, in the order in which they are reported."""
    return [*_uvicorn(scale), *_daphne(scale), *_per_server(scale)]


def _uvicorn(scale: Scale) -> list[Target]:
    small, large = _fan_out(scale.small), _fan_out(scale.large)
    ours, base = OURS_ON_UVICORN, FASTAPI
    growth = _quotient(_growth(large, small, ours), _growth(large, small, base))
    return [
        Target(
            f"CPU of a delivery, {scale.small} members, uvicorn / FastAPI",
            1.0,
            "x",
            _ratio(small, ours, base),
        ),
        Target(
            f"CPU of a delivery, {scale.large} members, uvicorn / FastAPI",
            1.0,
            "x",
            _ratio(large, ours, base),
        ),
        Target("CPU of an echo, uvicorn / FastAPI", 1.0, "x", _ratio("echo", ours, base)),
        Target(f"growth from {scale.small} to {scale.large}, uvicorn / FastAPI's growth", 1.0, "x", growth),
    ]


def _daphne(scale: Scale) -> list[Target]:
    small, medium, large = (_fan_out(size) for size in (scale.small, scale.medium, scale.large))
    ours, base = OURS_ON_DAPHNE, CHANNELS
    growth = _growth(large, small, ours)
    return [
        Target(
            f"CPU of a delivery, {scale.small} members, Daphne / Channels",
            0.15,
            "x",
            _ratio(small, ours, base),
        ),
        Target(
            f"CPU of a delivery, {scale.medium} members, Daphne / Channels",
            0.10,
            "x",
            _ratio(medium, ours, base),
        ),
        Target("CPU of an echo, Daphne / Channels", 0.5, "x", _ratio("echo", ours, base)),
        Target(f"growth from {scale.small} to {scale.large}, Daphne", 1.3, "x", growth),
    ]


def _per_server(scale: Scale) -> list[Target]:
    targets = []
    for server, ours, kib in (("uvicorn", OURS_ON_UVICORN, 24.0), ("Daphne", OURS_ON_DAPHNE, 28.0)):
        slowed = _quotient(_figure("stalled", ours, "p99"), _figure("stalled-none", ours, "p99"))
        targets += [
            Target(
                f"5 stalled of 25: the others miss, {server}",
                0,
                "messages",
                _figure("stalled", ours, "missing"),
            ),
            Target(f"5 stalled of 25: p99 / without them, {server}", 2.0, "x", slowed),
            Target(f"5 stalled of 25: memory grows, {server}", 6.0, "MiB", _figure("stalled", ours, "grown")),
            Target(
                f"a connection's memory, {server}", kib, "KiB", _figure(_fan_out(scale.large), ours, "memory")
            ),
            Target(
                f"{scale.huge} connected: absent, {server}",
                0,
                "",
                _figure(f"crowd-{scale.huge}", ours, "absent"),
            ),
        ]
    return targets


def _fan_out(members: int) -> str:
    return f"fanout-{members}"


def _figure(case: str, subject: Subject, figure: str) -> OfRound:
    return lambda measured: measured[case, subject.name][figure]


def _quotient(above: OfRound, below: OfRound) -> OfRound:
    def value(measured: Round) -> float:
        return above(measured) / below(measured)

    return value


def _ratio(case: str, ours: Subject, base: Subject) -> OfRound:
    return _quotient(_figure(case, ours, "cpu"), _figure(case, base, "cpu"))


def _growth(large: str, small: str, subject: Subject) -> OfRound:
    return _quotient(_figure(large, subject, "cpu"), _figure(small, subject, "cpu"))
