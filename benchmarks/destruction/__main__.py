"""Proof by destruction, in its long form: `python -m benchmarks.destruction --help`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.destruction.chaos import Plan
from benchmarks.destruction.report import Report
from benchmarks.destruction.run import SETTINGS, Crowd, destroy
from benchmarks.destruction.stores import PostgresStore, SqliteStore, Store
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.site import Site
from rtproject.tests.support.valkey import Valkey

PROCESSES = {"postgresql": 3, "sqlite": 2}


def main() -> None:
    """Runs as long as it is told, prints the table, and fails if anything was lost."""
    options = _options()
    print(
        f"{options.clients} clients, {options.processes} processes on {options.store}, "
        f"{options.minutes:g} minutes, --seed {options.seed}",
        flush=True,
    )
    with ExitStack() as stack:
        report = _run(options, stack)
    print(report)
    if options.log:
        options.log.write_text(report.log)
    sys.exit(bool(report.failures))


def _run(options: argparse.Namespace, stack: ExitStack) -> Report:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtproject-destruction-")))
    valkey = Valkey()
    stack.callback(valkey.kill)
    settings: dict[str, object] = {**SETTINGS, "REDIS_URL": valkey.url}
    store: Store
    if options.store == "postgresql":
        postgres = Postgres()
        stack.callback(postgres.close)
        settings["DATABASE_URL"] = postgres.new_database()
        store = PostgresStore(postgres)
    else:
        store = SqliteStore(folder / "db.sqlite3")
    site = Site(folder, settings)
    site.manage("migrate", "--verbosity", "0")
    crowd = Crowd(options.processes, options.clients, options.rate, options.seed)
    return asyncio.run(destroy(site, store, valkey, Plan.of(options.minutes), crowd))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.destruction", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long things break (default: 5)")
    parser.add_argument("--clients", type=int, default=50, help="how many talk (default: 50)")
    parser.add_argument("--rate", type=float, default=1, help="messages a second of each client (default: 1)")
    parser.add_argument("--store", choices=PROCESSES, default="postgresql", help="default: postgresql")
    parser.add_argument("--processes", type=int, help="default: 3 on postgresql, 2 on sqlite")
    parser.add_argument("--seed", type=int, help="repeats what happened to whom (default: a new one)")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keeps what the processes wrote")
    options = parser.parse_args()
    if options.processes is None:
        options.processes = PROCESSES[options.store]
    if options.seed is None:
        options.seed = secrets.randbelow(1_000_000)
    return options


if __name__ == "__main__":
    main()
