"""The room that 50 machines take on SQLite: python -m benchmarks.pulse_size [cores disks].

Fills the tables of 5 as a day of samples and 90 days of figures do, prunes half a day, and prints ten times the size.
"""
# ruff: noqa: E402  # the environment comes before Django

import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="pulse-size-")
FILE = Path(FOLDER.name, "db.sqlite3")
os.environ.update(DJANGO_SETTINGS_MODULE="rtproject.settings", DATABASE_URL=f"sqlite:///{FILE}")

import django

django.setup()

import msgspec
from django.core.management import call_command
from django.db import connection

from pulse import protocol
from pulse.figures import fold_of
from pulse.management.commands.pulse import one_sample
from pulse.models import Rollup, Sample
from pulse.storage.pruning import prune
from pulse.storage.rollups import DAY, QUARTER, STEPS
from rtproject.utils.db import store_now

cores, disks = map(int, sys.argv[1:] or (4, 2))
pulse = protocol.decode(one_sample())
pulse = msgspec.structs.replace(pulse, cores=(50.5,) * cores, disks=(pulse.disks or ())[:1] * disks)
text, fold = protocol.encode(pulse), msgspec.json.encode(fold_of(pulse)).decode()
hosts, now = [f"web-{number}.example.com" for number in range(5)], int(time.time())


def print_size(when: str) -> None:
    """Print ten times the size of the file with all that is written."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        free = cursor.execute("PRAGMA freelist_count").fetchone()[0] * 4096
    print(f"{when:14} {FILE.stat().st_size / 1e5:6.0f} MB, of which {free / 1e5:4.0f} MB are free")


call_command("migrate", verbosity=0)
for at in range(now - DAY, now, 5):
    rows = [Sample(host=host, seq=at // 5, at=protocol.moment(at), frame=text) for host in hosts]
    Sample.objects.bulk_create(rows)
for seconds, step in STEPS.items():
    starts = range((now - (seconds if seconds <= DAY else QUARTER)) // step * step, now, step)
    rolled = (Rollup(host=host, step=step, start=start, figures=fold) for start in starts for host in hosts)
    Rollup.objects.bulk_create(rolled, batch_size=5000)
print_size("full")
while prune(store_now() + timedelta(hours=12)):
    pass
print_size("half a day on")
connection.cursor().execute("VACUUM")
print_size("after VACUUM")
