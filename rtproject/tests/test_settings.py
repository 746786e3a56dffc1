"""The settings as an operator meets them: their names, their defaults, and what a wrong one does."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from rtproject import settings as module
from rtproject.environment import DECLARED
from rtproject.tests.support.isolation import ROOT, SETTINGS, without_settings
from rtproject.websocket.throttling.rates import Rate

POSTGRESQL = "postgresql://user:password@host:5432/name"

# One wrong value for each setting that can be wrong; SECRET_KEY, ALLOWED_HOSTS and PULSE_HOST take any text.
WRONG = {
    "CSRF_TRUSTED_ORIGINS": "hidden.test",
    "DATABASE_URL": "mysql://hidden@host/name",
    "DEBUG": "hidden",
    "HTTPS": "hidden",
    "METRICS_TOKEN": "hidden",
    "PULSE_EMBEDDED": "hidden",
    "PULSE_INTERVAL": "hidden",
    "PULSE_PUBLIC": "hidden",
    "REDIS_URL": "hidden:6379",
    "ROOMS_ALLOW_UNLISTED": "hidden",
    "ROOMS_MAX_TEXT": "hidden",
    "ROOMS_MESSAGE_RATE": "hidden/second",
    "ROOMS_PASSWORD_ATTEMPTS": "hidden/minute",
    "TRUSTED_PROXIES": "hidden",
    "WEBSOCKETS_PER_ADDRESS": "hidden",
}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Runs the settings as if they stood in a folder of their own, with nothing but the given environment."""
    path = Path(module.__file__)
    code = compile(path.read_text(encoding="utf-8"), path, "exec")
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)

    def run(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        namespace = {"__file__": str(tmp_path / "rtproject" / path.name)}
        exec(code, namespace)  # noqa: S102 - it is our own
        return namespace

    return run


def test_every_setting_of_the_contract_is_declared():
    """All that the contract names, no more and no less, each with a default and one line of help."""
    assert set(DECLARED) == SETTINGS
    for default, line in DECLARED.values():
        assert default
        assert line.endswith(".")
        assert "\n" not in line


def test_nothing_needs_to_be_set(load, tmp_path):
    """Without any environment it is one process on SQLite for this machine alone, and not debugging."""
    site = load()
    assert site["DATABASES"]["default"]["NAME"] == str(tmp_path / "data" / "db.sqlite3")
    assert site["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert site["PULSE_EMBEDDED"] is True
    assert site["DEBUG"] is False
    assert site["HTTPS"] is False
    assert site["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert site["PULSE_HOST"]


def test_the_defaults_are_those_of_the_contract(load):
    """Limits as the contract says them."""
    site = load()
    expected = {
        "CSRF_TRUSTED_ORIGINS": [],
        "TRUSTED_PROXIES": 0,
        "WEBSOCKETS_PER_ADDRESS": 200,
        "ROOMS_ALLOW_UNLISTED": True,
        "ROOMS_MAX_TEXT": 4096,
        "ROOMS_MESSAGE_RATE": Rate(20, 1.0),
        "ROOMS_PASSWORD_ATTEMPTS": Rate(10, 60.0),
        "PULSE_INTERVAL": 5.0,
        "PULSE_PUBLIC": True,
        "METRICS_TOKEN": "",
    }
    assert {name: site[name] for name in expected} == expected


def test_a_secret_key_is_made_where_only_the_owner_reads_it(load, tmp_path):
    """It is in a folder and a file of the owner's alone, and the next start finds the same."""
    key = load()["SECRET_KEY"]
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(key) >= 50
    assert load()["SECRET_KEY"] == key


def test_a_secret_key_that_is_given_is_written_nowhere(load, tmp_path):
    """An operator's own key stays where the operator keeps it."""
    assert load(SECRET_KEY="given")["SECRET_KEY"] == "given"
    assert not (tmp_path / "data" / "secret_key").exists()


@pytest.mark.parametrize("shared", [{"REDIS_URL": "redis://host"}, {"DATABASE_URL": POSTGRESQL}])
def test_what_several_processes_share_needs_a_secret_key(load, shared):
    """With Redis or PostgreSQL each machine would make a key of its own, so one must be given."""
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be given"):
        load(**shared)
    assert load(SECRET_KEY="given", **shared)["SECRET_KEY"] == "given"


def test_every_setting_that_can_be_wrong_is_tried():
    """A new setting needs a wrong value here."""
    assert set(WRONG) == SETTINGS - {"ALLOWED_HOSTS", "PULSE_HOST", "SECRET_KEY"}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_stops_the_start(load, name):
    """One sentence names the setting, and does not show the value."""
    with pytest.raises(ImproperlyConfigured) as caught:
        load(**{name: WRONG[name]})
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "hidden" not in sentence


@pytest.mark.parametrize("broken", [{"PULSE_INTERVAL": "hidden"}, {"REDIS_URL": "redis://hidden"}])
def test_all_that_an_operator_sees_is_that_sentence(broken):
    """A server that cannot start ends with it: no traceback, and no value that may be a secret."""
    environment = without_settings(os.environ) | {"DJANGO_SETTINGS_MODULE": "rtproject.settings", **broken}
    done = subprocess.run(
        [sys.executable, "-c", "import rtproject.asgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert next(iter(broken)) in sentence
    assert "hidden" not in sentence


def test_redis_connects_several_processes(load):
    """With a REDIS_URL the pulse is a process of its own, and several URLs are shards."""
    site = load(SECRET_KEY="given", REDIS_URL="redis://one, redis://two")
    layer = site["CHANNEL_LAYERS"]["default"]
    assert layer["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert [host["address"] for host in layer["CONFIG"]["hosts"]] == ["redis://one", "redis://two"]
    assert site["PULSE_EMBEDDED"] is False
    assert load(PULSE_EMBEDDED="on")["PULSE_EMBEDDED"] is True


def test_the_layer_in_memory_forgets_nobody(load):
    """Its memberships and events outlive every connection, and its capacity is one that was chosen."""
    config = load()["CHANNEL_LAYERS"]["default"]["CONFIG"]
    years = 365 * 86400
    assert min(config["expiry"], config["group_expiry"]) > 5 * years
    assert config["capacity"] >= 10_000


def test_postgresql_is_not_waited_for_long(load):
    """A database that does not answer fails before a client's handshake does."""
    database = load(SECRET_KEY="given", DATABASE_URL=POSTGRESQL)["DATABASES"]["default"]
    assert database["OPTIONS"]["connect_timeout"] < 5
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("switch", ["on", "off"])
def test_https_is_one_switch(load, switch):
    """On, it redirects, tells browsers to stay, secures cookies and believes the proxy; off, none of it."""
    site = load(HTTPS=switch)
    on = switch == "on"
    cookies = [site["SESSION_COOKIE_SECURE"], site["CSRF_COOKIE_SECURE"]]
    assert [site["SECURE_SSL_REDIRECT"], *cookies] == [on] * 3
    assert ("SECURE_HSTS_SECONDS" in site) is on
    assert ("SECURE_PROXY_SSL_HEADER" in site) is on
