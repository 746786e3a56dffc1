"""The tables, in Markdown: the same text for the terminal and for docs/performance.md."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.results import Results
from benchmarks.targets import Target, Verdict

BEGIN, END = "<!-- begin of what make bench writes -->", "<!-- end of what make bench writes -->"

TALK = {
    "CPU, µs a delivery": ("cpu", 2),
    "deliveries a second": ("throughput", 0),
    "p50, ms": ("p50", 2),
    "p99, ms": ("p99", 2),
    "missing": ("missing", 0),
    "surplus": ("surplus", 0),
    "generator busy": ("generator", 2),
}
JOINING = {
    "connections a second": ("connects", 0),
    "CPU, ms a connection": ("connect_cpu", 2),
    "memory, KiB a connection": ("memory", 1),
}
STORING = {
    "stored a second": ("stored", 0),
    "p50, ms": ("p50", 2),
    "p99, ms": ("p99", 2),
    "CPU, µs a stored message": ("stored_cpu", 0),
    "CPU, µs a delivery": ("cpu", 2),
    "missing": ("missing", 0),
    "surplus": ("surplus", 0),
    "generator busy": ("generator", 2),
}
REPLAY = {
    "seconds": ("seconds", 2),
    "CPU, ms a connection": ("connect_cpu", 2),
    "missing": ("missing", 0),
    "surplus": ("surplus", 0),
    "generator busy": ("generator", 2),
}
MEMORY = {"memory grew by, MiB": ("grown", 1)}
LINE = 100  # columns of a line of prose, as the linter of the documentation has it


def tables(results: Results, verdicts: list[Verdict], cases: list[str]) -> str:
    """Everything that was measured. `cases` are the names of the cases in the order of the report."""

    def of(*beginnings: str) -> list[str]:
        return [name for name in cases if name.startswith(beginnings)]

    sections = {
        "Targets": _targets(verdicts),
        "Messages": _figures(results, of("echo", "fanout", "stalled", "crowd"), TALK),
        "Joining": _figures(results, of("fanout", "history", "crowd"), JOINING),
        "Readers that do not read": _figures(results, of("stalled"), MEMORY),
        "History": _figures(results, of("history", "speakers"), STORING),
        "History: everybody reconnects": _figures(results, of("replay"), REPLAY),
    }
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in sections.items() if table)


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list of `lines`."""
    wrapper = textwrap.TextWrapper(
        LINE, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapper.fill(line) for line in lines)


def write(path: Path, text: str) -> None:
    """Puts `text` between the two marks of the page, and leaves alone what stands around them."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise RuntimeError(f"{path.name} has lost the marks between which the figures stand")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def _targets(verdicts: list[Verdict]) -> str:
    rows = [
        (
            verdict.target.name,
            _limit(verdict.target),
            _number(verdict.value, 3),
            _number(verdict.lowest, 3),
            _number(verdict.highest, 3),
            verdict.word,
        )
        for verdict in verdicts
    ]
    return _table(("target", "at most", "median", "lowest", "highest", "verdict"), rows)


def _limit(target: Target) -> str:
    return "" if target.limit is None else f"{target.limit:g} {target.unit}".strip()


def _figures(results: Results, cases: list[str], columns: dict[str, tuple[str, int]]) -> str:
    rows = []
    for case in cases:
        for subject in results.subjects(case):
            values = [(results.median(case, subject, figure), digits) for figure, digits in columns.values()]
            rows.append((case, subject, *(_number(value, digits) for value, digits in values)))
    return _table(("case", "subject", *columns), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
