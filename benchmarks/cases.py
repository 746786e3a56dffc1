"""The cases: which load, on which subjects, and what is taken down of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.processes import Load
from benchmarks.results import Figures
from benchmarks.server import Peak, Server
from benchmarks.subjects import CHANNELS, FASTAPI, OURS_ON_DAPHNE, OURS_ON_UVICORN, Subject

TEXT_BYTES = 64
FIRST = 100  # members before the memory of the others is counted: what is only needed once is there by then
ECHOES = 50  # connections
STALLED, OTHERS = 5, 20
STALLED_RATE, STALLED_BYTES = 200.0, 4096  # messages a second, bytes of text
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of it: the sizes of rooms in members, how long to speak in seconds."""

    small: int = 500
    medium: int = 2_000
    large: int = 5_000
    huge: int = 10_000
    seconds: float = 4.0
    stalled_seconds: float = 20.0


QUICK = Scale(50, 120, 200, 400, 0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Case:
    """`measure` on each of `subjects`, which need `files` open files; in the first round alone if `once`."""

    name: str
    subjects: tuple[Subject, ...]
    measure: Callable[[Server, Load], Figures]
    files: int
    once: bool = False


def all_cases(scale: Scale) -> list[Case]:
    """Every case of one round. The Channels baseline is left out of the large room: it is quadratic."""
    small, medium, large = (
        partial(_fan_out, size, scale.seconds) for size in (scale.small, scale.medium, scale.large)
    )
    everybody = (FASTAPI, OURS_ON_UVICORN, CHANNELS, OURS_ON_DAPHNE)
    ours, baselines = (OURS_ON_UVICORN, OURS_ON_DAPHNE), (FASTAPI, CHANNELS)
    calm, stalled = (partial(_stalled, readers, scale.stalled_seconds) for readers in (0, STALLED))
    return [
        Case("echo", everybody, partial(_echo, scale.seconds), ECHOES),
        Case(f"fanout-{scale.small}", everybody, small, scale.small),
        Case(f"fanout-{scale.medium}", everybody, medium, scale.medium),
        Case(f"fanout-{scale.large}", (FASTAPI, *ours), large, scale.large),
        Case("stalled-none", ours, calm, OTHERS),
        Case("stalled", ours, stalled, OTHERS + STALLED),
        Case("stalled-baselines", baselines, stalled, OTHERS + STALLED, once=True),
        Case(f"crowd-{scale.huge}", ours, partial(_crowd, scale.huge), scale.huge, once=True),
    ]


def _fan_out(members: int, seconds: float, server: Server, load: Load) -> Figures:
    """A full room, and one member who speaks again as soon as all have heard."""
    first = min(FIRST, members // 2)
    room = _place(server, server.subject.room)
    load.do("connect", place=room, count=first)
    load.do("settle")
    memory, cpu = server.memory(), server.cpu()
    joined = load.do("connect", place=room, count=members - first)
    load.do("settle")
    joining = {
        "memory": (server.memory() - memory) / 1024 / (members - first),  # KiB a connection
        "connect_cpu": (server.cpu() - cpu) * 1e3 / (members - first),  # ms a connection
        "connects": joined["per_second"],
    }
    return joining | _spoken(server, load, "closed_loop", seconds)


def _echo(seconds: float, server: Server, load: Load) -> Figures:
    place = _place(server, server.subject.echo) | {"greeted": False}
    load.do("connect", place=place, count=ECHOES)
    load.do("settle")
    load.do("echoes", size=TEXT_BYTES, seconds=seconds / 10)  # to warm up
    return _counted(server, lambda: load.do("echoes", size=TEXT_BYTES, seconds=seconds))


def _stalled(readers: int, seconds: float, server: Server, load: Load) -> Figures:
    """A room where `readers` do not read; the others' deliveries, and what the server's memory grows by (MiB)."""
    room = _place(server, server.subject.room)
    load.do("connect", place=room, count=OTHERS)
    load.do("stall", place=room, count=readers)
    load.do("settle")
    with Peak(server) as peak:
        figures = _counted(
            server,
            lambda: load.do(
                "paced",
                template=server.subject.template,
                size=STALLED_BYTES,
                seconds=seconds,
                rate=STALLED_RATE,
            ),
        )
    return figures | {"grown": peak.grown / MIB}


def _crowd(members: int, server: Server, load: Load) -> Figures:
    """As many as one process is meant to hold: `absent` is who did not stay or did not hear everything."""
    joined = load.do("connect", place=_place(server, server.subject.room), count=members)
    still = load.do("settle")
    figures = _spoken(server, load, "closed_loop", 1.0)
    absent = members - still["open"] + figures["missing"]
    return figures | {"connects": joined["per_second"], "absent": absent}


def _spoken(server: Server, load: Load, how: str, seconds: float) -> Figures:
    template = server.subject.template
    return _counted(server, lambda: load.do(how, template=template, size=TEXT_BYTES, seconds=seconds))


def _counted(server: Server, talk: Callable[[], Figures]) -> Figures:
    """What was heard, with the server's CPU for each delivery (µs) and the deliveries in a second."""
    before = server.cpu()
    heard = talk()
    used = server.cpu() - before
    delivered = max(1.0, heard["delivered"])
    return heard | {"cpu": used * 1e6 / delivered, "throughput": heard["delivered"] / heard["seconds"]}


def _place(server: Server, path: str) -> dict[str, object]:
    return {"port": server.port, "path": path, "greeted": server.subject.greeted}
