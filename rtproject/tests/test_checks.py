"""`manage.py check`, which tells an operator of settings that do not go together."""

import sqlite3
from contextlib import closing

import pytest

from rtproject.checks import check_settings
from rtproject.tests.support.site import Site

BEHIND_A_PROXY = {
    "HTTPS": "on",
    "SECRET_KEY": "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "example.org",
    "TRUSTED_PROXIES": 1,
}
PRODUCTION = BEHIND_A_PROXY | {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "postgresql://rtproject:password@127.0.0.1:5432/rtproject",
}


@pytest.mark.parametrize(
    ("settings", "options"),
    [({}, []), ({"DEBUG": "on"}, []), (BEHIND_A_PROXY, ["--deploy"]), (PRODUCTION, ["--deploy"])],
)
def test_nothing_is_said_where_all_is_well(tmp_path, settings, options):
    """The defaults, with and without DEBUG, and the settings that the page about deployment asks for."""
    said = Site(tmp_path, settings).manage("check", "--fail-level", "WARNING", *options)
    assert "no issues" in said


@pytest.mark.parametrize(
    ("changed", "identity", "advice"),
    [
        ({"REDIS_URLS": [], "PULSE_EMBEDDED": False, "ON_SQLITE": True}, "rtproject.W001", "REDIS_URL"),
        ({"REDIS_URLS": [], "PULSE_EMBEDDED": True, "ON_SQLITE": False}, "rtproject.W002", "REDIS_URL"),
        ({"ALLOWED_HOSTS": ["example.org", "*"]}, "rtproject.W003", "ALLOWED_HOSTS"),
        ({"HTTPS": True, "TRUSTED_PROXIES": 0}, "rtproject.W004", "TRUSTED_PROXIES"),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["localhost", "example.org"]}, "rtproject.W005", "DEBUG=off"),
    ],
)
def test_what_does_not_go_together_is_told(settings, changed, identity, advice):
    """One warning, whose hint says what to do."""
    for name, value in changed.items():
        setattr(settings, name, value)
    (warning,) = check_settings(None)
    assert warning.id == identity
    assert advice in str(warning.hint)


@pytest.mark.parametrize(
    "changed",
    [
        {"REDIS_URLS": ["redis://host"], "PULSE_EMBEDDED": False, "ON_SQLITE": False},
        {"HTTPS": True, "TRUSTED_PROXIES": 1},
        {"DEBUG": True, "ALLOWED_HOSTS": []},
        {"ALLOWED_HOSTS": ["example.org"]},
    ],
)
def test_what_goes_together_is_not(settings, changed):
    """Each of them alone is no reason to warn."""
    for name, value in changed.items():
        setattr(settings, name, value)
    assert check_settings(None) == []


def test_they_are_registered(tmp_path):
    """An operator sees them without asking for them by name."""
    with pytest.raises(AssertionError, match=r"rtproject\.W003"):
        Site(tmp_path, {"ALLOWED_HOSTS": "*"}).manage("check", "--fail-level", "WARNING")


def test_data_of_an_unreleased_version_is_refused_in_one_sentence(tmp_path):
    """Nothing of it is changed."""
    site = Site(tmp_path, {})
    site.manage("migrate", "--verbosity", "0")
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as store:
        store.execute("ALTER TABLE rooms_messagesequence RENAME TO rooms_numbering")
    with pytest.raises(AssertionError, match="before the first release"):
        site.manage("migrate")
