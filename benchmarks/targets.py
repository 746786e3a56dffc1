"""The targets that the medians of the rounds are held against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.cases import FEW, Scale
from benchmarks.results import Figure, Round, values
from benchmarks.subjects import (
    CHANNELS,
    DROP_IN,
    FASTAPI,
    OURS_ON_DAPHNE,
    OURS_ON_UVICORN,
    PICOWS,
    UWEBSOCKETS,
    Subject,
)


@dataclass(frozen=True, slots=True)
class Target:
    """A `limit` (or None) for the figures `above`, divided by those `below`."""

    name: str
    limit: float | None
    unit: str
    above: tuple[Figure, ...]
    below: tuple[Figure, ...] = ()

    def values(self, rounds: Iterable[Round]) -> list[float]:
        """The values of the rounds that measured it, ascending."""
        return values(rounds, self.above, self.below)

    def judgment(self, found: Sequence[float]) -> str:
        """Whether the median of these values meets the target."""
        if not found:
            return "not measured"
        if self.limit is None:
            return "no target"
        return "met" if median(found) <= self.limit else "missed"


def all_targets(scale: Scale) -> list[Target]:
    """The targets, in the order of the report."""
    return [
        *_compared(scale),
        *_growths(scale),
        *_of_server(scale, "uvicorn", OURS_ON_UVICORN, 24.0),
        *_of_server(scale, "Daphne", OURS_ON_DAPHNE, 28.0),
    ]


def _compared(scale: Scale) -> list[Target]:
    """The CPU of a delivery and of an echo, as multiples of the baselines'."""
    small, medium, large = (f"fanout-{size}" for size in (scale.small, scale.medium, scale.large))
    two, twenty = (f"room-{few}" for few in FEW)
    near, few = {small: 1.5, large: 1.5}, {two: 1.5, twenty: 0.9}
    table = (
        ("uvicorn / FastAPI", OURS_ON_UVICORN, FASTAPI, {small: 1.0, large: 1.0, "echo": 1.0, **few}),
        ("Daphne / FastAPI", OURS_ON_DAPHNE, FASTAPI, few),
        ("uvicorn / uWebSockets", OURS_ON_UVICORN, UWEBSOCKETS, near),
        ("Daphne / uWebSockets", OURS_ON_DAPHNE, UWEBSOCKETS, near),
        ("uvicorn / picows", OURS_ON_UVICORN, PICOWS, {"echo": 2.0}),
        ("Daphne / picows", OURS_ON_DAPHNE, PICOWS, {"echo": 2.0}),
        ("Daphne / Channels", OURS_ON_DAPHNE, CHANNELS, {small: 0.15, medium: 0.10, "echo": 0.5}),
        ("its consumers here / Channels", DROP_IN, CHANNELS, {small: 0.12, medium: 0.05, "echo": 0.5}),
    )
    words = {
        case: f"a delivery, {case.partition('-')[2]} members" for case in (two, twenty, small, medium, large)
    }
    words["echo"] = "an echo"
    return [
        Target(f"CPU of {words[case]}, {pair}", limit, "x", (_cpu(case, ours),), (_cpu(case, baseline),))
        for pair, ours, baseline, limits in table
        for case, limit in limits.items()
    ]


def _growths(scale: Scale) -> list[Target]:
    """The growth of a delivery's CPU with the room, compared with FastAPI's growth or by itself."""
    name = f"growth from {scale.small} to {scale.large}"
    uvicorn, fastapi, daphne = (
        [_cpu(f"fanout-{size}", subject) for size in (scale.small, scale.large)]
        for subject in (OURS_ON_UVICORN, FASTAPI, OURS_ON_DAPHNE)
    )
    compared = (uvicorn[1], fastapi[0]), (uvicorn[0], fastapi[1])
    return [
        Target(f"{name}, uvicorn / FastAPI's growth", 1.0, "x", *compared),
        Target(f"{name}, Daphne", 1.3, "x", (daphne[1],), (daphne[0],)),
    ]


def _of_server(scale: Scale, server: str, ours: Subject, kib: float) -> list[Target]:
    """The targets of this site alone on a server; `kib` is the limit of a connection's memory."""
    fan_out, replay = f"fanout-{scale.small}", (f"replay-{scale.replayed}", f"replay-none-{scale.replayed}")
    stall, reconnect = "5 stalled of 25", f"{scale.replayed} reconnect to a history"
    history = f"CPU of a delivery, {scale.small} members, history / unlisted"
    rows = (  # each with the name of a figure, and a case that is compared with another one
        (f"{stall}: the others miss", 0, "messages", "missing", "stalled"),
        (f"{stall}: p99 / without them", 2.0, "x", "p99", "stalled", "stalled-none"),
        (f"{stall}: memory grows", 6.0, "MiB", "grown", "stalled"),
        ("a connection's memory", kib, "KiB", "memory", f"fanout-{scale.large}"),
        (f"{scale.huge} connected: absent", 0, "", "absent", f"crowd-{scale.huge}"),
        (history, 1.5, "x", "cpu", f"history-{scale.small}", fan_out),
        (f"{reconnect}: seconds / without", None, "x", "seconds", *replay),
        (f"{reconnect}: CPU / without", None, "x", "connect_cpu", *replay),
    )
    return [
        Target(f"{name}, {server}", limit, unit, *(((case, ours.name, figure),) for case in cases))
        for name, limit, unit, figure, *cases in rows
    ]


def _cpu(case: str, subject: Subject) -> Figure:
    return case, subject.name, "cpu"
