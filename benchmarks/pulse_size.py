"""The size of the pulse's tables on SQLite, full and pruned: python -m benchmarks.pulse_size [hosts days cores disks].

The samples of a day, hourly figures of `days`, and ten alerts a day of each host.
"""
# ruff: noqa: E402  # the environment comes before Django

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

HOSTS, DAYS, CORES, DISKS = map(int, sys.argv[1:] or (50, 90, 4, 2))
INTERVAL = 5
FOLDER = tempfile.TemporaryDirectory(prefix="pulse-size-")
FILE = Path(FOLDER.name, "db.sqlite3")
os.environ.update(
    DJANGO_SETTINGS_MODULE="rtproject.settings", DATABASE_URL=f"sqlite:///{FILE}", SECRET_KEY="x" * 50
)

import django

django.setup()

import msgspec
from django.core.management import call_command
from django.db import connection

from pulse import protocol
from pulse.figures import fold_of
from pulse.management.commands.pulse import one_sample
from pulse.storage.pruning import prune
from pulse.storage.rollups import DAY, STEPS
from rtproject.utils.db import store_now

NOW = int(time.time())


def typical() -> protocol.Pulse:
    """A pulse of this machine as if it had CORES and DISKS."""
    pulse = protocol.decode(one_sample())
    cores, disks = ((part or (part,))[:1] for part in (pulse.cores, pulse.disks))
    return msgspec.structs.replace(pulse, cores=cores * CORES, disks=disks * DISKS)


def rows(pulse: protocol.Pulse) -> Iterator[tuple[str, list[str], Iterator[tuple[object, ...]]]]:
    """Tables, columns and rows."""
    hosts = [f"web-{number}.example.com" for number in range(HOSTS)]
    frame, fold = protocol.encode(pulse), msgspec.json.encode(fold_of(pulse)).decode()
    moments = [
        (at, protocol.moment(at).strftime("%Y-%m-%d %H:%M:%S")) for at in range(NOW - DAY, NOW, INTERVAL)
    ]
    samples = ((host, at // INTERVAL, text, frame) for at, text in moments for host in hosts)
    yield "pulse_sample", ["host", "seq", "at", "frame"], samples
    spans = {step: (seconds if seconds <= DAY else DAYS * DAY) for seconds, step in STEPS.items()}
    rollups = (
        (host, step, start, fold)
        for step, span in spans.items()
        for start in range((NOW - span) // step * step, NOW, step)
        for host in hosts
    )
    yield "pulse_rollup", ["host", "step", "start", "figures"], rollups
    at = protocol.moment(NOW).isoformat(" ")
    event = ("cpu", "resolved", 95.5, 90.0, at, at, at, at, False, True)
    names = [
        "host",
        "metric",
        "state",
        "value",
        "threshold",
        "since",
        "fired",
        "below",
        "until",
        "untold",
        "told",
    ]
    yield "pulse_alertevent", names, ((host, *event) for host in hosts for _ in range(10 * DAYS))


def size() -> str:
    """The size of the file, with all that is written, and of what is free in it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        free = cursor.execute("PRAGMA freelist_count").fetchone()[0]
        page = cursor.execute("PRAGMA page_size").fetchone()[0]
    return f"{FILE.stat().st_size / 1e6:7.1f} MB, of which {free * page / 1e6:7.1f} MB are free"


call_command("migrate", verbosity=0)
with connection.cursor() as cursor:
    for table, names, values in rows(typical()):
        marks = ", ".join("?" * len(names))
        cursor.execute("BEGIN")
        cursor.connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
        cursor.execute("COMMIT")
        print(f"with {table:17} {size()}")
while prune(store_now() + timedelta(hours=12)):
    pass
print(f"after half a day  {size()}")
with connection.cursor() as cursor:
    cursor.execute("VACUUM")
print(f"after VACUUM      {size()}")
