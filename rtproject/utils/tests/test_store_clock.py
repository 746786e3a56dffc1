"""The time by which what is kept grows old."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from rtproject.tests.support.site import Site
from rtproject.utils.db import store_now

ASK = """
from rtproject.utils.db import store_now
print(store_now().isoformat())
"""


def test_it_is_this_machines_where_the_database_is_a_file_on_it(db: None) -> None:
    assert connection.vendor == "sqlite"
    assert abs(store_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_it_is_the_servers_where_there_is_one(new_site, database_url: str) -> None:
    site: Site = new_site(DATABASE_URL=database_url, demo=False)
    told = datetime.fromisoformat(site.execute(ASK).strip())
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)
