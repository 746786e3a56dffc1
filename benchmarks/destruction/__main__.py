"""The destruction in its long form: `python -m benchmarks.destruction --help`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.destruction.failures import Plan
from benchmarks.destruction.processes import SqliteFile, Store
from benchmarks.destruction.run import SETTINGS, Report, destroy
from rtproject.tests.support.postgres import Postgres
from rtproject.tests.support.site import Site
from rtproject.tests.support.valkey import Valkey

PROCESSES = {"postgresql": 3, "sqlite": 2}


def main() -> None:
    """Run, print the table, and fail if anything was lost."""
    options = _options()
    plan = _plan(options.minutes, PROCESSES[options.store], options.seed)
    print(f"{plan} on {options.store}", flush=True)
    report = _run(options.store, plan)
    print(report)
    if options.log:
        options.log.write_text(report.log)
    sys.exit(bool(report.failures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.destruction", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="of failures (default: 5)")
    parser.add_argument("--store", choices=PROCESSES, default="postgresql", help="default: postgresql")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats the choices")
    parser.add_argument("--log", type=Path, metavar="FILE", help="for the failures and the servers' logs")
    return parser.parse_args()


def _plan(minutes: float, processes: int, seed: int) -> Plan:
    """Return a plan with as many failures as a machine with two cores can recover from."""
    return Plan(
        processes=processes,
        clients=50,
        rate=1,
        seed=seed,
        seconds=minutes * 60,
        process_outages=max(4, round(minutes * 9)),
        cuts=max(1, round(minutes * 60)),
        layer_outages=max(2, round(minutes * 5)),
        store_outages=max(3, round(minutes * 4)),
        longest=10.0,
    )


def _run(store: str, plan: Plan) -> Report:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtproject-destruction-")))
        valkey = Valkey()
        stack.callback(valkey.kill)
        settings: dict[str, object] = {**SETTINGS, "REDIS_URL": valkey.url}
        database: Store = SqliteFile(folder / "db.sqlite3")
        if store == "postgresql":
            database = Postgres()
            stack.callback(database.close)
            settings["DATABASE_URL"] = database.new_database()
        site = Site(folder, settings)
        site.manage("migrate", "--verbosity", "0")
        return asyncio.run(destroy(site, database, valkey, plan))


if __name__ == "__main__":
    main()
