"""Run the benchmarks: `python -m benchmarks.run --help`, or `make bench`."""

import argparse
import sys
from pathlib import Path

from benchmarks import machine, report
from benchmarks.cases import MAKE_ROOMS, QUICK, Case, Scale, all_cases, fill_replay_room
from benchmarks.load import Load
from benchmarks.results import Round
from benchmarks.server import Server, new_sites
from benchmarks.subjects import OURS_ON_DAPHNE, POSTGRESQL, SQLITE, Subject
from benchmarks.targets import all_targets
from rtproject.tests.support.site import Site

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def main() -> None:
    """Measure, print, and keep the figures of a complete run in docs/performance.md."""
    sys.stdout.reconfigure(line_buffering=True)  # also into a file
    options, where = _options(), machine.describe()
    scale, runs = (QUICK, 1) if options.quick else (Scale(), options.runs)
    cases = [case for case in all_cases(scale) if case.name.startswith(options.only)]
    machine.raise_file_limit()
    for missing in dict.fromkeys(each for case in cases for each in case.subjects if not each.is_installed):
        print(f"{missing.name} is left out: {missing.needs} is not installed.")
    if not machine.can_pin():
        print("The server and the generator cannot have a core each here: they share what there is.")
    rounds = _measure_all(cases, runs)
    targets = [target for target in all_targets(scale) if target.values(rounds) or not options.only]
    text = report.tables(rounds, targets)
    print(text)
    missed = sum(target.judgment(target.values(rounds)) == "missed" for target in targets)
    print(f"\n{missed} of {len(targets)} targets missed." if missed else "\nNo target was missed.")
    if not (options.quick or options.only):
        how = [f"Command: `make bench ARGS='--runs {runs}'`", *where]
        report.write(PAGE, f"{report.bullets(how)}\n\n{text}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="rounds, whose medians are reported (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one small round, to see that it works")
    parser.add_argument("--only", default="", metavar="NAME", help="the cases whose names begin with NAME")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    names = [case.name for case in all_cases(QUICK if options.quick else Scale())]
    if not any(name.startswith(options.only) for name in names):
        parser.error(f"the cases are {', '.join(names)}")
    return options


def _measure_all(cases: list[Case], runs: int) -> list[Round]:
    rounds: list[Round] = []
    stores = {subject.store for case in cases for subject in case.subjects}
    with new_sites(POSTGRESQL in stores) as sites:
        for site in sites.values():
            site.execute(MAKE_ROOMS)
        with Server(OURS_ON_DAPHNE, sites[SQLITE]) as server, Load() as load:
            fill_replay_room(server, load)
        for number in range(runs):
            print(f"Round {number + 1} of {runs}")
            rounds.append(_round(number, cases, sites))
    return rounds


def _round(number: int, cases: list[Case], sites: dict[str, Site]) -> Round:
    """Measure every case once; every other round in reverse, so that no drift favors a subject."""
    measured: Round = {}
    for case in cases:
        if case.once and number:
            continue
        installed = [subject for subject in case.subjects if subject.is_installed]
        for subject in installed if number % 2 == 0 else reversed(installed):
            _measure(case, subject, sites[subject.store], measured)
    return measured


def _measure(case: Case, subject: Subject, site: Site, measured: Round) -> None:
    try:
        with Server(subject, site) as server, Load() as load:
            figures = case.measure(server, load)
    except (RuntimeError, OSError) as error:  # such as a limit of open files; the others can be measured
        print(f"  {case.name:18} {subject.name:32} FAILED: {error}")
        return
    measured[case.name, subject.name] = figures
    wrong = "  NOT EVERYTHING ARRIVED ONCE" if figures["missing"] or figures["surplus"] else ""
    name, unit = case.headline
    print(f"  {case.name:18} {subject.name:32} {figures[name]:8.2f} {unit}{wrong}")


if __name__ == "__main__":
    main()
