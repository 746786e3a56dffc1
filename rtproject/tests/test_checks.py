"""`manage.py check` and `migrate`: conflicting settings, and data of unreleased versions."""

import sqlite3
from contextlib import closing

import pytest
from django.core.checks import run_checks

from rtproject.checks import check_settings
from rtproject.tests.support.site import Site

PRODUCTION = {
    "HTTPS": "on",
    "SECRET_KEY": "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "example.org",
    "TRUSTED_PROXIES": 1,
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "postgresql://rtproject:password@127.0.0.1:5432/rtproject",
}


def test_the_settings_of_the_page_about_deployment_cause_no_warning(tmp_path):
    """`--deploy` finds no issue either."""
    printed = Site(tmp_path, PRODUCTION).manage("check", "--fail-level", "WARNING", "--deploy")
    assert "no issues" in printed


@pytest.mark.parametrize(
    ("changed", "identity", "advice"),
    [
        ({"REDIS_URLS": [], "PULSE_EMBEDDED": False, "ON_SQLITE": True}, "rtproject.W001", "REDIS_URL"),
        ({"REDIS_URLS": [], "PULSE_EMBEDDED": True, "ON_SQLITE": False}, "rtproject.W002", "REDIS_URL"),
        ({"ALLOWED_HOSTS": ["example.org", "*"]}, "rtproject.W003", "ALLOWED_HOSTS"),
        ({"HTTPS": True, "TRUSTED_PROXIES": 0}, "rtproject.W004", "TRUSTED_PROXIES"),
        ({"DEBUG": True}, "security.W018", "DEBUG"),
        ({"SECRET_KEY": "too short"}, "security.W009", "SECRET_KEY"),
        ({"REDIS_URLS": ["redis://host"], "PULSE_EMBEDDED": False, "ON_SQLITE": False}, None, None),
        ({"HTTPS": True, "TRUSTED_PROXIES": 1}, None, None),
        ({"ALLOWED_HOSTS": ["example.org"]}, None, None),
    ],
)
def test_settings_that_do_not_go_together_are_one_warning(settings, changed, identity, advice):
    """It says how to change them; settings that go together cause none."""
    for name, value in changed.items():
        setattr(settings, name, value)
    warnings = check_settings(None)
    assert [warning.id for warning in warnings] == [identity] * bool(identity)
    assert all(advice in f"{warning.msg}{warning.hint}" for warning in warnings)


def test_the_checks_are_registered(settings):
    """An operator sees them without asking for them by name; the defaults cause none."""
    assert run_checks() == []
    settings.ALLOWED_HOSTS = ["*"]
    assert [warning.id for warning in run_checks()] == ["rtproject.W003"]


def test_data_of_an_unreleased_version_is_refused(new_site):
    """One sentence says so, and the data stays unchanged."""
    site = new_site(demo=False)
    with closing(sqlite3.connect(site.directory / "db.sqlite3")) as store:
        store.execute("DROP TABLE rooms_room_groups")
    with pytest.raises(AssertionError, match="before the first release"):
        site.manage("migrate")
