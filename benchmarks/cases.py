"""The cases: the load, the subjects that are put under it, and the figures that are taken."""

from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from benchmarks import traffic
from benchmarks.load import Load
from benchmarks.results import Figures
from benchmarks.server import Server
from benchmarks.subjects import (
    ALL,
    ANCHORS,
    BASELINES,
    FASTAPI,
    OURS,
    OURS_ON_POSTGRESQL,
    PICOWS,
    UWEBSOCKETS,
    Subject,
)

FIRST = 100  # members before memory is counted: what a server needs only once is there by then
ECHOES = 50  # connections
FEW = 2, 20  # members, as most rooms have
STALLED, OTHERS = 5, 20
STALLED_RATE, STALLED_BYTES = 200.0, 4096  # messages a second, bytes of text
SENDERS = 20
BURST = 50  # messages that each of them sends at once
REPLAYED = 200  # messages of the history that a client asks for
SAMPLE_SECONDS = 0.05  # between two readings of the server's memory

# Each kind of case has a room of its own, since the listed ones keep what was stored before.
UNLISTED = "/ws/benchmark"
LISTED, SPEAKERS_ROOM, BURST_ROOM = (f"/ws/{name}?history=0" for name in ("history", "speakers", "burst"))
REPLAY_ROOM = f"/ws/replay?history={REPLAYED}"
MAKE_ROOMS = """
from rooms.models import Room
for name in ("history", "speakers", "burst", "replay"):
    Room.objects.create(name=name, history_size=1000)
"""

# What `traffic.everybody` sends: to a room with an `id`, as clients that must lose and repeat nothing, and to the echo.
STORING = {"template": '{"type":"say","text":"TEXT","id":"ID"}', "shared": True}
ECHOING = {"template": "TEXT", "shared": False, "ahead": 1}


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of rooms in members, and how long messages are sent.

    A room prunes every 2 seconds, and nothing younger than 15: after `settling` seconds as much is deleted as is
    stored, and it stays that way.
    """

    small: int = 500
    medium: int = 2_000
    large: int = 5_000
    huge: int = 10_000
    replayed: int = 1_000
    seconds: float = 4.0
    stalled_seconds: float = 20.0
    settling: float = 18.0
    storing_seconds: float = 10.0


QUICK = Scale(50, 120, 200, 400, 100, 0.5, 2.0, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A function that measures each of `subjects`.

    With `once` only the first round has it. `headline` is the figure that is printed meanwhile, with its unit.
    """

    name: str
    subjects: tuple[Subject, ...]
    measure: Callable[[Server, Load], Figures]
    once: bool = False
    headline: tuple[str, str] = ("cpu", "µs a delivery")


def all_cases(scale: Scale) -> list[Case]:
    """Every case of one round. Channels is left out of the large room: it is quadratic."""
    stalled = partial(_stalled, STALLED, scale.stalled_seconds)
    fast = (FASTAPI, *OURS, *ANCHORS)
    storing = partial(Case, subjects=OURS + OURS_ON_POSTGRESQL, headline=("stored", "stored a second"))
    return [
        Case("echo", (*ALL, UWEBSOCKETS, PICOWS), partial(_echo, scale.seconds)),
        *(_fan_out_case("room", fast, UNLISTED, few, scale.seconds) for few in FEW),
        _fan_out_case("fanout", ALL + ANCHORS, UNLISTED, scale.small, scale.seconds),
        _fan_out_case("history", OURS, LISTED, scale.small, scale.seconds),
        _fan_out_case("fanout", ALL, UNLISTED, scale.medium, scale.seconds),
        _fan_out_case("fanout", fast, UNLISTED, scale.large, scale.seconds),
        Case("stalled-none", OURS, partial(_stalled, 0, scale.stalled_seconds)),
        Case("stalled", OURS, stalled),
        Case("stalled-baselines", BASELINES, stalled, once=True),
        storing("speakers", measure=partial(_speakers, scale.settling, scale.storing_seconds)),
        storing("speakers-burst", measure=_burst),
        _reconnect_case("replay-none", UNLISTED, 0, scale.replayed),
        _reconnect_case("replay", REPLAY_ROOM, REPLAYED, scale.replayed),
        Case(f"crowd-{scale.huge}", OURS, partial(_crowd, scale.huge), once=True),
    ]


def fill_replay_room(server: Server, load: Load) -> None:
    """Send the messages of the replay. Raises RuntimeError if they do not all arrive."""
    load.do(traffic.connect, endpoint=server.endpoint(REPLAY_ROOM), count=1)
    if load.do(traffic.everybody, **STORING, ahead=REPLAYED)["missing"]:
        raise RuntimeError("the room of the replay could not be filled")


def _fan_out_case(name: str, subjects: tuple[Subject, ...], path: str, members: int, seconds: float) -> Case:
    return Case(f"{name}-{members}", subjects, partial(_fan_out, path, members, seconds))


def _reconnect_case(name: str, path: str, messages: int, clients: int) -> Case:
    measure = partial(_reconnect, path, messages, clients)
    return Case(f"{name}-{clients}", OURS, measure, headline=("seconds", "seconds"))


def _echo(seconds: float, server: Server, load: Load) -> Figures:
    """Each connection sends again as soon as its echo is back."""
    endpoint = replace(server.endpoint("/echo"), greeted=False)
    load.do(traffic.connect, endpoint=endpoint, count=ECHOES)
    load.do(traffic.everybody, **ECHOING, seconds=seconds / 10)  # to warm up
    return _measure(server, load, traffic.everybody, **ECHOING, seconds=seconds)


def _fan_out(path: str, members: int, seconds: float, server: Server, load: Load) -> Figures:
    """A full room, and one member that sends whenever all have received the message before."""
    first = min(FIRST, members // 2)
    load.do(traffic.connect, endpoint=server.endpoint(path), count=first)
    memory, cpu = server.unshared_memory(), server.cpu()
    joined = load.do(traffic.connect, endpoint=server.endpoint(path), count=members - first)
    joining = {
        "memory": (server.unshared_memory() - memory) / (members - first),  # KiB a connection
        "connect_cpu": (server.cpu() - cpu) * 1e3 / (members - first),  # ms a connection
        "connects": joined["connects"],
    }
    return joining | _closed_loop(server, load, seconds)


def _stalled(readers: int, seconds: float, server: Server, load: Load) -> Figures:
    """A room in which `readers` connections are never read, and the others have to be served."""
    load.do(traffic.connect, endpoint=server.endpoint(UNLISTED), count=OTHERS, stalled=readers)
    how = {"seconds": seconds, "rate": STALLED_RATE, "size": STALLED_BYTES}
    return _measure(server, load, traffic.paced, template=server.subject.template, **how)


def _crowd(members: int, server: Server, load: Load) -> Figures:
    """The number of members that one process must hold; `absent` ones missed a message."""
    joined = load.do(traffic.connect, endpoint=server.endpoint(UNLISTED), count=members)
    figures = _closed_loop(server, load, 1.0)
    absent = members - joined["open"] + figures["missing"]
    return figures | {"connects": joined["connects"], "absent": absent}


def _speakers(settling: float, seconds: float, server: Server, load: Load) -> Figures:
    """All send, and send again as soon as their own message is confirmed."""
    load.do(traffic.connect, endpoint=server.endpoint(SPEAKERS_ROOM), count=SENDERS)
    load.do(traffic.everybody, **STORING, ahead=1, seconds=settling)
    return _storing(server, load, 1, seconds)


def _burst(server: Server, load: Load) -> Figures:
    """All send many messages at once, without waiting for a confirmation."""
    load.do(traffic.connect, endpoint=server.endpoint(BURST_ROOM), count=SENDERS)
    load.do(traffic.everybody, **STORING, ahead=BURST)  # to warm up
    return _storing(server, load, BURST)


def _reconnect(path: str, messages: int, clients: int, server: Server, load: Load) -> Figures:
    """All clients come back to a server that just started, and receive the last `messages`."""
    before = server.cpu()
    figures = load.do(traffic.reconnect, endpoint=server.endpoint(path), count=clients, messages=messages)
    return figures | {"connect_cpu": (server.cpu() - before) * 1e3 / clients}  # ms a connection


def _closed_loop(server: Server, load: Load, seconds: float) -> Figures:
    template = server.subject.template
    return _measure(server, load, traffic.closed_loop, template=template, seconds=seconds)


def _storing(server: Server, load: Load, ahead: int, seconds: float = 0.0) -> Figures:
    """Add the messages stored a second, and the server's CPU for each (µs)."""
    figures = _measure(server, load, traffic.everybody, **STORING, ahead=ahead, seconds=seconds)
    each = figures["cpu"] * figures["delivered"] / figures["sent"]
    return figures | {"stored": figures["sent"] / figures["seconds"], "stored_cpu": each}


def _measure(server: Server, load: Load, work: Callable[..., Figures], **arguments: Any) -> Figures:
    """Add the CPU of a delivery (µs), the deliveries a second and the server's growth (MiB)."""
    cpu, memory = server.cpu(), server.resident_memory()
    peak, running = memory, load.start(work, **arguments)
    while wait([running], SAMPLE_SECONDS).not_done:
        peak = max(peak, server.resident_memory())
    figures, used = running.result(), server.cpu() - cpu
    return figures | {
        "cpu": used * 1e6 / max(1.0, figures["delivered"]),
        "throughput": figures["delivered"] / figures["seconds"],
        "grown": peak - memory,
    }
