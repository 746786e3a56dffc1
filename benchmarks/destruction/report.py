"""What came of it, as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.destruction.client import Client
from benchmarks.destruction.fleet import Fleet


@dataclass(frozen=True)
class Report:
    """The figures in the order of the table, what was not as promised, and what happened when: our disasters, and
    what the processes wrote."""

    figures: dict[str, object]
    failures: list[str]
    log: str = field(repr=False)

    @property
    def line(self) -> str:
        """The figures in one line."""
        return ", ".join(f"{name}: {figure}" for name, figure in self.figures.items())

    def __str__(self) -> str:
        width = max(map(len, self.figures))
        table = [f"| {name:{width}} | {figure} |" for name, figure in self.figures.items()]
        verdict = (
            [f"{len(self.failures)} failures:", *self.failures] if self.failures else ["Nothing was lost."]
        )
        return "\n".join([*table, "", *verdict])


def figures(clients: Sequence[Client], done: Counter[str], fleet: Fleet, stored: int) -> dict[str, object]:
    """What there is to tell of a run, besides how long it took."""
    codes = sum((client.codes for client in clients), Counter[int]())
    welcomes = sum(client.transcript.welcomes for client in clients)
    sayings = [client.sayings for client in clients]
    tracebacks = Counter(fleet.tracebacks)
    return {
        "clients": len(clients),
        "processes": len(fleet.ports),
        "messages said": sum(len(each.texts) for each in sayings),
        "messages confirmed": sum(len(each.confirmed) for each in sayings),
        "messages given up": sum(len(each.given_up) for each in sayings),
        "messages stored": stored,
        "longest wait for an answer, s": round(max(each.longest for each in sayings), 1),
        **dict(sorted(done.items())),
        "reconnects": welcomes - len(clients),
        "recovered": sum(client.transcript.recovered for client in clients),
        "attempts that found no server": sum(client.unreached for client in clients),
        "ends of connections": ", ".join(f"{code}: {times}" for code, times in sorted(codes.items())),
        "gaps repaired": len(fleet.gaps),
        "messages in these gaps": sum(fleet.gaps),
        "tracebacks logged": ", ".join(f"{times} x {line}" for line, times in tracebacks.items()) or 0,
    }
