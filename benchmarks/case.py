"""What a case is, how large it is, and what all of them count."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.processes import Load
from benchmarks.results import Figures
from benchmarks.server import Server
from benchmarks.subjects import Subject

TEXT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of it: the sizes of rooms in members, how long to speak in seconds.

    A room prunes every 2 seconds, and nothing younger than 15: it takes `settling` seconds until as much is deleted
    as is stored, which is how it stays.
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
    """`measure` on each of `subjects`, which need `files` open files; in the first round alone if `once`.

    While it runs, one of the figures is told, with its unit: `headline`.
    """

    name: str
    subjects: tuple[Subject, ...]
    measure: Callable[[Server, Load], Figures]
    files: int
    once: bool = False
    headline: tuple[str, str] = ("cpu", "µs a delivery")


def counted(server: Server, talk: Callable[[], Figures]) -> Figures:
    """What was heard, with the server's CPU for each delivery (µs) and the deliveries in a second."""
    before = server.cpu()
    heard = talk()
    used = server.cpu() - before
    delivered = max(1.0, heard["delivered"])
    return heard | {"cpu": used * 1e6 / delivered, "throughput": heard["delivered"] / heard["seconds"]}


def place(server: Server, path: str) -> dict[str, object]:
    """Where on `server` to connect to, as `load.Generator` wants to be told."""
    return {"port": server.port, "path": path, "greeted": server.subject.greeted}
