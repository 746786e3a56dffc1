"""Nothing is lost in failures: the short form of `python -m benchmarks.destruction`."""

import pytest

from benchmarks.destruction.failures import Plan
from benchmarks.destruction.processes import SqliteFile
from benchmarks.destruction.run import SETTINGS, destroy

SIZE = {
    "clients": 12,
    "rate": 8,
    "seed": 41,
    "seconds": 8,
    "process_outages": 4,
    "cuts": 15,
    "layer_outages": 2,
}


@pytest.mark.slow
async def test_nothing_is_lost_on_postgresql(new_site, postgres, database_url, valkey, record_property):
    """All clients receive the same messages, and among them all that were confirmed."""
    site = new_site(demo=False, DATABASE_URL=database_url, REDIS_URL=valkey.url, **SETTINGS)
    plan = Plan(processes=3, store_outages=3, longest=5, **SIZE)
    report = await destroy(site, postgres, valkey, plan)
    record_property("summary", report.figures)
    assert not report.failures, str(report)


@pytest.mark.slow
async def test_nothing_is_lost_on_sqlite(new_site, valkey, record_property):
    """The same in two processes on one file."""
    site = new_site(demo=False, REDIS_URL=valkey.url, **SETTINGS)
    plan = Plan(processes=2, store_outages=1, longest=6, **SIZE)
    report = await destroy(site, SqliteFile(site.directory / "db.sqlite3"), valkey, plan)
    record_property("summary", report.figures)
    assert not report.failures, str(report)
