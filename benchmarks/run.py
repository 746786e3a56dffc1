"""Runs the benchmarks: `python -m benchmarks.run --help`, or `make bench`."""

import argparse
from collections.abc import Callable
from functools import partial

from benchmarks import machine, report
from benchmarks.case import QUICK, Case, Scale
from benchmarks.cases import all_cases
from benchmarks.processes import ROOT, Load, can_pin, raise_file_limit
from benchmarks.results import Results, Round
from benchmarks.server import Server
from benchmarks.stores import Settings, stores
from benchmarks.subjects import Subject
from benchmarks.targets import all_targets, judge

PAGE = ROOT / "docs" / "performance.md"
SPARE_FILES = 200  # what a server opens besides its connections

say: Callable[..., None] = partial(print, flush=True)


def main() -> None:
    """Measures, prints, and keeps the figures of a complete run in docs/performance.md."""
    options, where = _options(), machine.describe()
    scale = QUICK if options.quick else Scale()
    runs = 1 if options.quick else options.runs
    cases = _possible([case for case in all_cases(scale) if case.name.startswith(options.only)])
    if not can_pin():
        say("The server and the generator cannot have a core each here: they share what there is.")
    results = Results()
    with stores(cases) as settings:
        for number in range(runs):
            say(f"Round {number + 1} of {runs}")
            results.rounds.append(_round(number, cases, settings))
    verdicts = [judge(results, target) for target in all_targets(scale)]
    if options.only:
        verdicts = [verdict for verdict in verdicts if verdict.value is not None]
    text = report.tables(results, verdicts, [case.name for case in cases])
    say(text)
    missed = sum(verdict.word == "missed" for verdict in verdicts)
    say(f"\n{missed} of {len(verdicts)} targets missed." if missed else "\nNo target was missed.")
    if not (options.quick or options.only):
        how = [f"Command: `make bench ARGS='--runs {runs}'`", *where]
        report.write(PAGE, f"{report.bullets(how)}\n\n{text}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=5, help="rounds, of which the medians are reported (default: 5)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one small round: shows that it works, not how fast"
    )
    parser.add_argument(
        "--only", default="", metavar="NAME", help="only the cases whose names begin like this"
    )
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("there is nothing to report of less than one run")
    names = [case.name for case in all_cases(QUICK if options.quick else Scale())]
    if not any(name.startswith(options.only) for name in names):
        parser.error(f"the cases are {', '.join(names)}")
    return options


def _possible(cases: list[Case]) -> list[Case]:
    """The cases for which the system allows enough open files; says which it does not."""
    files = raise_file_limit() - SPARE_FILES
    for case in cases:
        if case.files > files:
            say(
                f"{case.name} is left out: {files:,} connections are all that the limit of open files allows."
            )
    return [case for case in cases if case.files <= files]


def _round(number: int, cases: list[Case], settings: dict[str, Settings]) -> Round:
    """Every case once, with the `settings` for each store.

    The order of the subjects turns around from round to round, so that no drift favours one.
    """
    measured: Round = {}
    for case in cases:
        if case.once and number:
            continue
        for subject in case.subjects if number % 2 == 0 else reversed(case.subjects):
            _measure(case, subject, settings[subject.store], measured)
    return measured


def _measure(case: Case, subject: Subject, settings: Settings, measured: Round) -> None:
    try:
        with Server(subject, settings) as server, Load() as load:
            figures = case.measure(server, load)
    except RuntimeError as error:  # the others are still worth measuring
        say(f"  {case.name:18} {subject.name:32} FAILED: {error}")
        return
    measured[case.name, subject.name] = figures
    counted = "" if not (figures["missing"] or figures["surplus"]) else "  NOT EVERYTHING ARRIVED ONCE"
    figure, unit = case.headline
    say(f"  {case.name:18} {subject.name:32} {figures[figure]:8.2f} {unit}{counted}")


if __name__ == "__main__":
    main()
