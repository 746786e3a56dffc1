"""The cases: which load, on which subjects, and what is taken down of it."""

from functools import partial

from benchmarks.case import TEXT_BYTES, Case, Scale, counted, place
from benchmarks.history_cases import history_cases
from benchmarks.processes import Load
from benchmarks.results import Figures
from benchmarks.server import Peak, Server
from benchmarks.subjects import CHANNELS, FASTAPI, OURS_ON_DAPHNE, OURS_ON_UVICORN, Subject

FIRST = 100  # members before the memory of the others is counted: what is only needed once is there by then
ECHOES = 50  # connections
STALLED, OTHERS = 5, 20
STALLED_RATE, STALLED_BYTES = 200.0, 4096  # messages a second, bytes of text
MIB = 1024 * 1024

EVERYBODY = (FASTAPI, OURS_ON_UVICORN, CHANNELS, OURS_ON_DAPHNE)
OURS = (OURS_ON_UVICORN, OURS_ON_DAPHNE)
BASELINES = (FASTAPI, CHANNELS)
UNLISTED = Subject.room
LISTED = "/ws/history?history=0"  # nothing is replayed, so that joining is what it is in an unlisted room


def all_cases(scale: Scale) -> list[Case]:
    """Every case of one round. The Channels baseline is left out of the large room: it is quadratic."""
    small, medium, large = (
        partial(_fan_out, UNLISTED, size, scale.seconds) for size in (scale.small, scale.medium, scale.large)
    )
    listed = partial(_fan_out, LISTED, scale.small, scale.seconds)
    calm, stalled = (partial(_stalled, readers, scale.stalled_seconds) for readers in (0, STALLED))
    return [
        Case("echo", EVERYBODY, partial(_echo, scale.seconds), ECHOES),
        Case(f"fanout-{scale.small}", EVERYBODY, small, scale.small),
        Case(f"history-{scale.small}", OURS, listed, scale.small),
        Case(f"fanout-{scale.medium}", EVERYBODY, medium, scale.medium),
        Case(f"fanout-{scale.large}", (FASTAPI, *OURS), large, scale.large),
        Case("stalled-none", OURS, calm, OTHERS),
        Case("stalled", OURS, stalled, OTHERS + STALLED),
        Case("stalled-baselines", BASELINES, stalled, OTHERS + STALLED, once=True),
        *history_cases(scale),
        Case(f"crowd-{scale.huge}", OURS, partial(_crowd, scale.huge), scale.huge, once=True),
    ]


def _fan_out(path: str, members: int, seconds: float, server: Server, load: Load) -> Figures:
    """A full room, and one member who speaks again as soon as all have heard."""
    first = min(FIRST, members // 2)
    room = place(server, path)
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
    return joining | _spoken(server, load, seconds)


def _echo(seconds: float, server: Server, load: Load) -> Figures:
    load.do("connect", place=place(server, server.subject.echo) | {"greeted": False}, count=ECHOES)
    load.do("settle")
    echoes = partial(load.do, "everybody", template="TEXT", size=TEXT_BYTES, ahead=1, shared=False)
    echoes(seconds=seconds / 10)  # to warm up
    return counted(server, lambda: echoes(seconds=seconds))


def _stalled(readers: int, seconds: float, server: Server, load: Load) -> Figures:
    """A room where `readers` do not read; the others' deliveries, and what the server's memory grows by (MiB)."""
    room = place(server, UNLISTED)
    load.do("connect", place=room, count=OTHERS)
    load.do("stall", place=room, count=readers)
    load.do("settle")
    with Peak(server) as peak:
        figures = counted(
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
    joined = load.do("connect", place=place(server, UNLISTED), count=members)
    still = load.do("settle")
    figures = _spoken(server, load, 1.0)
    absent = members - still["open"] + figures["missing"]
    return figures | {"connects": joined["per_second"], "absent": absent}


def _spoken(server: Server, load: Load, seconds: float) -> Figures:
    template = server.subject.template
    speak = partial(load.do, "closed_loop", template=template, size=TEXT_BYTES, seconds=seconds)
    return counted(server, speak)
