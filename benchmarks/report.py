"""The tables, in Markdown: the same text for the terminal and for docs/performance.md."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.results import Round, values
from benchmarks.targets import Target

BEGIN, END = "<!-- begin of what make bench writes -->", "<!-- end of what make bench writes -->"

COLUMNS = {  # the heading of each figure, and its digits behind the point
    "cpu": ("CPU, µs a delivery", 2),
    "throughput": ("deliveries a second", 0),
    "p50": ("p50, ms", 2),
    "p99": ("p99, ms", 2),
    "missing": ("missing", 0),
    "surplus": ("surplus", 0),
    "generator": ("generator busy", 2),
    "connects": ("connections a second", 0),
    "connect_cpu": ("CPU, ms a connection", 2),
    "memory": ("memory, KiB a connection", 1),
    "grown": ("memory grew by, MiB", 1),
    "stored": ("stored a second", 0),
    "stored_cpu": ("CPU, µs a stored message", 0),
    "seconds": ("seconds", 2),
}
SECTIONS = {  # the beginnings of the names of the cases, and the figures
    "Messages": ("echo room fanout stalled crowd", "cpu throughput p50 p99 missing surplus generator"),
    "Joining": ("fanout history crowd", "connects connect_cpu memory"),
    "Readers that do not read": ("stalled", "grown"),
    "History": ("history speakers", "stored p50 p99 stored_cpu cpu missing surplus generator"),
    "History: everybody reconnects": ("replay", "seconds connect_cpu missing surplus generator"),
}
LINE = 100  # columns of a line of prose, as the linter of the documentation has it


def tables(rounds: list[Round], targets: list[Target]) -> str:
    """All figures, in the order in which they were measured."""
    sections = {"Targets": _targets(rounds, targets)}
    for title, (beginnings, figures) in SECTIONS.items():
        sections[title] = _figures(rounds, tuple(beginnings.split()), figures.split())
    return "\n\n".join(f"### {title}\n\n{table}" for title, table in sections.items() if table)


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list of `lines`."""
    wrapper = textwrap.TextWrapper(
        LINE, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapper.fill(line) for line in lines)


def write(path: Path, text: str) -> None:
    """Put `text` between the two marks of the page. Raises RuntimeError if it has lost them."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise RuntimeError(f"{path.name} has lost the marks between which the figures stand")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def _targets(rounds: list[Round], targets: list[Target]) -> str:
    rows = []
    for target in targets:
        found = target.values(rounds)
        limit = "" if target.limit is None else f"{target.limit:g} {target.unit}".strip()
        numbers = (_median(each, 3) for each in (found, found[:1], found[-1:]))
        rows.append((target.name, limit, *numbers, target.judgment(found)))
    return _table(("target", "at most", "median", "lowest", "highest", "judgment"), rows)


def _figures(rounds: list[Round], cases: tuple[str, ...], figures: list[str]) -> str:
    rows = []
    for case, subject in dict.fromkeys(pair for measured in rounds for pair in measured):
        if case.startswith(cases):
            found = [(values(rounds, [(case, subject, each)]), COLUMNS[each][1]) for each in figures]
            rows.append((case, subject, *(_median(numbers, digits) for numbers, digits in found)))
    return _table(("case", "subject", *(COLUMNS[each][0] for each in figures)), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def _median(numbers: Sequence[float], digits: int) -> str:
    return f"{median(numbers):,.{digits}f}" if numbers else ""
