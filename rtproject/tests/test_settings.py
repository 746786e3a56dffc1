"""The settings as an operator meets them: names, defaults, and wrong values."""

import os
import re
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

# A wrong value for each setting; these take any text.
FREE = {"ALLOWED_HOSTS", "PULSE_HOST", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}
WRONG = dict.fromkeys(sorted(SETTINGS - FREE), "hidden") | {
    "DATABASE_URL": "mysql://hidden@host/name",
    "REDIS_PREFIX": "hidden*",
}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Run the settings in a folder of their own, with nothing but the given environment."""
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


def test_every_setting_is_declared():
    """Each with a default and one line of help, and each is kept out of the tests."""
    assert set(DECLARED) == SETTINGS
    for default, line in DECLARED.values():
        assert default
        assert line.endswith(".")
        assert "\n" not in line


def test_nothing_needs_to_be_set(load, tmp_path):
    """The default is one process on SQLite for this machine alone, with the documented limits."""
    site = load()
    assert site["DATABASES"]["default"]["NAME"] == str(tmp_path / "data" / "db.sqlite3")
    assert site["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert site["PULSE_HOST"]
    expected = {
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "API_RATE": Rate(50, 1.0),
        "CSRF_TRUSTED_ORIGINS": [],
        "DEBUG": False,
        "HSTS_SECONDS": 3600,
        "HTTPS": False,
        "LOG_LEVEL": "INFO",
        "MAX_BODY": 1024 * 1024,
        "PULSE_EMBEDDED": True,
        "PULSE_INTERVAL": 5.0,
        "PULSE_PUBLIC": True,
        "ROOMS_ACCESS": "",
        "ROOMS_ALLOW_UNLISTED": True,
        "ROOMS_MAX_TEXT": 4096,
        "ROOMS_MESSAGE_RATE": Rate(20, 1.0),
        "ROOMS_ADDRESS_RATE": Rate(60, 1.0),
        "ROOMS_ADDRESS_PLACES": 20,
        "ROOMS_PASSWORD_ATTEMPTS": Rate(10, 60.0),
        "SECRET_KEY_FALLBACKS": [],
        "TRUSTED_PROXIES": 0,
        "WEBSOCKETS_PER_ADDRESS": 200,
    }
    assert {name: site[name] for name in expected} == expected


def test_a_secret_key_is_made_unless_one_is_given(load, tmp_path):
    """Only its owner can read file and folder; a key that was given is not written to a file."""
    file = tmp_path / "data" / "secret_key"
    assert load(SECRET_KEY="given")["SECRET_KEY"] == "given"
    assert not file.exists()
    key = load(SECRET_KEY="")["SECRET_KEY"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(key) >= 50
    assert load()["SECRET_KEY"] == key


@pytest.mark.parametrize("shared", [{"REDIS_URL": "redis://host"}, {"DATABASE_URL": POSTGRESQL}])
def test_several_machines_need_a_given_secret_key(load, shared):
    """Each machine would make a key of its own with Redis or PostgreSQL."""
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be given"):
        load(**shared)
    assert load(SECRET_KEY="given", **shared)["SECRET_KEY"] == "given"


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


def test_an_operator_sees_only_that_sentence():
    """No traceback, and no value that may be a secret."""
    environment = without_settings(os.environ) | {"DJANGO_SETTINGS_MODULE": "rtproject.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "import rtproject.asgi"],
        cwd=ROOT,
        env={**environment, "REDIS_URL": "redis://hidden"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert "REDIS_URL" in sentence
    assert "hidden" not in sentence


def test_redis_connects_several_processes(load):
    """The pulse is a process of its own then, and several URLs are shards."""
    site = load(SECRET_KEY="given", REDIS_URL="redis://one, redis://two")
    layer = site["CHANNEL_LAYERS"]["default"]
    assert layer["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert [host["address"] for host in layer["CONFIG"]["hosts"]] == ["redis://one", "redis://two"]
    assert site["PULSE_EMBEDDED"] is False
    assert load(PULSE_EMBEDDED="on")["PULSE_EMBEDDED"] is True


def test_each_secret_key_has_a_prefix_in_redis(load):
    """One for all processes of a site, which does not tell the key; and a new key may keep it."""
    one, other, again = (
        load(SECRET_KEY=key, REDIS_URL="redis://one", SECRET_KEY_FALLBACKS="one, zero")
        for key in ("1", "2", "1")
    )
    assert one["SECRET_KEY_FALLBACKS"] == ["one", "zero"]
    assert one["REDIS_PREFIX"] == again["REDIS_PREFIX"] != other["REDIS_PREFIX"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", one["REDIS_PREFIX"])
    assert one["CHANNEL_LAYERS"]["default"]["CONFIG"]["prefix"] == one["REDIS_PREFIX"] + ":"
    assert load(REDIS_PREFIX="site_1")["REDIS_PREFIX"] == "site_1"


def test_stores_and_layers_outlive_connections_and_fail_soon(load):
    """Memberships do not expire; SQLite locks early; PostgreSQL fails before a handshake does."""
    site = load()
    config = site["CHANNEL_LAYERS"]["default"]["CONFIG"]
    assert min(config["expiry"], config["group_expiry"]) > 5 * 365 * 86400
    assert site["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    database = load(SECRET_KEY="given", DATABASE_URL=POSTGRESQL)["DATABASES"]["default"]
    assert database["OPTIONS"]["connect_timeout"] < 5
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize("switch", ["on", "off"])
def test_https_is_one_switch(load, switch):
    """It sets redirects, HSTS, secure cookies, and trust in X-Forwarded-Proto."""
    site = load(HTTPS=switch)
    on = switch == "on"
    cookies = [site["SESSION_COOKIE_SECURE"], site["CSRF_COOKIE_SECURE"]]
    assert [site["SECURE_SSL_REDIRECT"], *cookies] == [on] * 3
    assert site.get("SECURE_HSTS_SECONDS") == (3600 if on else None)
    assert not {"SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"} & set(site)
    assert ("SECURE_PROXY_SSL_HEADER" in site) is on
