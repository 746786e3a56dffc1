"""The site's databases for one run of the benchmarks, with the rooms that keep what is said."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.case import Case
from benchmarks.history_cases import fill
from benchmarks.processes import ROOT, Load, environment
from benchmarks.server import Server
from benchmarks.subjects import OUR_SETTINGS, OURS_ON_DAPHNE, POSTGRESQL, SQLITE
from rtproject.tests.support.postgres import Postgres

Settings = dict[str, str]  # what a server finds in its environment

ROOMS = ("history", "speakers", "burst", "replay")
HISTORY_SIZE = 1000
MAKE_ROOMS = f"""
from rooms.models import Room
for name in {ROOMS}:
    Room.objects.create(name=name, history_size={HISTORY_SIZE})
"""


@contextlib.contextmanager
def stores(cases: list[Case]) -> Iterator[dict[str, Settings]]:
    """For each store that these cases need, while the `with` runs, the settings that point to it.

    PostgreSQL is started only if it is needed.
    """
    needed = {subject.store for case in cases for subject in case.subjects}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        made = {SQLITE: _site(f"sqlite:///{Path(folder) / 'benchmark.sqlite3'}")}
        if POSTGRESQL in needed:
            # Unlike in tests it waits for the disk before it confirms anything.
            server = Postgres("-c", "fsync=on")
            stack.callback(server.close)
            made[POSTGRESQL] = _site(server.new_database())
        with Server(OURS_ON_DAPHNE, made[SQLITE]) as site, Load() as load:
            fill(site, load)
        yield made


def _site(url: str) -> Settings:
    """Makes the tables and the rooms of a site in an empty database."""
    settings = {"DATABASE_URL": url}
    for command in (("migrate",), ("shell", "-c", MAKE_ROOMS)):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=ROOT,
            env=environment(**OUR_SETTINGS, **settings),
            check=True,
        )
    return settings
