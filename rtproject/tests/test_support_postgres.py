"""The PostgreSQL of the tests does what the tests believe it does."""

import psycopg
import pytest

from rtproject.tests.support.running import RUNNING


def store(url):
    """Keeps a row; returns what is there then."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        (count,) = connection.execute("SELECT count(*) FROM kept")
        return count[0]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_stored_survives_an_end(postgres, database_url, end):
    """In order or not, and the server comes back on its port; who was connected is cut off."""
    assert store(database_url) == 1
    with psycopg.connect(database_url) as connection:
        getattr(postgres, end)()
        assert postgres not in RUNNING
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(database_url)
    postgres.start()
    assert postgres.running
    assert postgres in RUNNING
    assert store(database_url) == 2


def test_a_pause_answers_nothing(postgres, database_url):
    """Until it is over; then everything is as it was."""
    postgres.pause()
    assert not postgres.running
    postgres.resume()
    assert store(database_url) == 1


def test_a_database_is_one_tests_own(postgres, database_url):
    """What is stored in one is not in another."""
    store(database_url)
    other = postgres.new_database()
    assert store(other) == 1
    postgres.drop_database(other)


def test_a_site_keeps_its_rooms_in_it(new_site, database_url):
    """By the DATABASE_URL alone."""
    site = new_site(DATABASE_URL=database_url)
    assert "lobby" in site.execute("from rooms.models import Room; print(Room.objects.all())")


def test_a_server_that_cannot_start_shows_why(postgres, database_url):
    """With its log, and it can be started when the reason is gone."""
    postgres.stop()
    options = postgres._data / "postgresql.conf"
    content = options.read_text()
    options.write_text("no_such_option = 1")
    with pytest.raises(AssertionError, match="no_such_option"):
        postgres.start()
    options.write_text(content)
    postgres.restart()
    assert postgres.running
