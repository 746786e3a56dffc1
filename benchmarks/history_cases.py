"""The cases of rooms that keep what is said: how fast it is stored, and what it costs to show it again.

Each has a room of its own, which keeps what the measurements before have stored.
"""

from functools import partial

from benchmarks.case import TEXT_BYTES, Case, Scale, counted, place
from benchmarks.processes import Load
from benchmarks.results import Figures
from benchmarks.server import Server
from benchmarks.subjects import (
    OURS_ON_DAPHNE,
    OURS_ON_DAPHNE_POSTGRESQL,
    OURS_ON_UVICORN,
    OURS_ON_UVICORN_POSTGRESQL,
    Subject,
)

SPEAKERS = 20
BURST = 50  # messages that each of them says at once
KEPT = 200  # messages that a client may ask for when it connects
SAY = (
    '{"type":"say","text":"TEXT","id":"ID"}'  # with an `id`, as a client that wants nothing lost or repeated
)

OURS = (OURS_ON_UVICORN, OURS_ON_DAPHNE)
STORING = (*OURS, OURS_ON_UVICORN_POSTGRESQL, OURS_ON_DAPHNE_POSTGRESQL)
SPEAKING, BURSTING = "/ws/speakers?history=0", "/ws/burst?history=0"
REPLAYED = f"/ws/replay?history={KEPT}"


def history_cases(scale: Scale) -> list[Case]:
    """Those of one round. The room of the replay is filled by `fill`, before the first one."""
    speakers = partial(_speakers, scale.settling, scale.storing_seconds)
    with_it = partial(_reconnect, REPLAYED, KEPT, scale.replayed)
    without = partial(_reconnect, Subject.room, 0, scale.replayed)
    stored, seconds = ("stored", "stored a second"), ("seconds", "seconds")
    return [
        Case("speakers", STORING, speakers, SPEAKERS, headline=stored),
        Case("speakers-burst", STORING, _burst, SPEAKERS, headline=stored),
        Case(f"replay-none-{scale.replayed}", OURS, without, scale.replayed, headline=seconds),
        Case(f"replay-{scale.replayed}", OURS, with_it, scale.replayed, headline=seconds),
    ]


def fill(server: Server, load: Load) -> None:
    """Says what the replay is to show. Raises RuntimeError if it is not all there."""
    load.do("connect", place=place(server, REPLAYED), count=1)
    if _say(load, KEPT)["missing"]:
        raise RuntimeError("the room of the replay could not be filled")


def _speakers(settling: float, seconds: float, server: Server, load: Load) -> Figures:
    """Everybody speaks, and speaks again as soon as their own message is confirmed."""
    load.do("connect", place=place(server, SPEAKING), count=SPEAKERS)
    _say(load, 1, settling)
    return _storing(server, load, 1, seconds)


def _burst(server: Server, load: Load) -> Figures:
    """Everybody says a lot at once, without waiting for a confirmation."""
    load.do("connect", place=place(server, BURSTING), count=SPEAKERS)
    _say(load, BURST)  # to warm up
    return _storing(server, load, BURST)


def _reconnect(path: str, messages: int, clients: int, server: Server, load: Load) -> Figures:
    """All clients of a server that was just started come back, and each is shown the last `messages`."""
    before = server.cpu()
    heard = load.do("reconnect", place=place(server, path), count=clients, messages=messages)
    used = server.cpu() - before
    return heard | {"connect_cpu": used * 1e3 / clients}  # ms a connection


def _storing(server: Server, load: Load, ahead: int, seconds: float = 0.0) -> Figures:
    """What was said, with the messages stored in a second and the server's CPU for each of them (µs)."""
    heard = counted(server, lambda: _say(load, ahead, seconds))
    each = heard["cpu"] * heard["delivered"] / heard["sent"]
    return heard | {"stored": heard["sent"] / heard["seconds"], "stored_cpu": each}


def _say(load: Load, ahead: int, seconds: float = 0.0) -> Figures:
    return load.do("everybody", template=SAY, size=TEXT_BYTES, seconds=seconds, ahead=ahead, shared=True)
