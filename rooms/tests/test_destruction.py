"""Nothing is lost while what carries it is destroyed: the small form of `python -m benchmarks.destruction`."""

from benchmarks.destruction.chaos import Plan
from benchmarks.destruction.run import SETTINGS, Crowd, destroy
from benchmarks.destruction.stores import PostgresStore, SqliteStore


async def test_nothing_is_lost_on_postgresql(new_site, postgres, database_url, valkey, record_property):
    """In the end everybody holds the same transcript, and everything that was confirmed is in it."""
    site = new_site(demo=False, DATABASE_URL=database_url, REDIS_URL=valkey.url, **SETTINGS)
    plan = Plan(seconds=8, processes=4, cuts=15, layer=2, store=3, longest=5)
    crowd = Crowd(processes=3, clients=12, rate=8, seed=38)
    report = await destroy(site, PostgresStore(postgres), valkey, plan, crowd)
    record_property("summary", report.line)
    assert not report.failures, str(report)


async def test_nothing_is_lost_on_sqlite(new_site, valkey, record_property):
    """The same in two processes on one file."""
    site = new_site(demo=False, REDIS_URL=valkey.url, **SETTINGS)
    plan = Plan(seconds=8, processes=4, cuts=15, layer=2, store=1, longest=6)
    crowd = Crowd(processes=2, clients=12, rate=8, seed=38)
    report = await destroy(site, SqliteStore(site.directory / "db.sqlite3"), valkey, plan, crowd)
    record_property("summary", report.line)
    assert not report.failures, str(report)
