"""Settings from the environment: each declared once, with its default and one line of help.

A value that cannot be read stops the start with one sentence that names the setting. The sentence never shows the
value, which may be a secret in the wrong place.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from rtproject.websocket.throttling.rates import Rate

T = TypeVar("T")

ENDLESS = 10**18  # more than any setting needs


@dataclass(frozen=True)
class Declaration:
    """One setting as the documentation shows it."""

    name: str
    default: str
    help: str


DECLARED: dict[str, Declaration] = {}


def setting(name: str, read: Callable[[str], T], default: T, help: str, shown: str | None = None) -> T:
    """Return the value of `name` in the environment, read by `read`, or `default` if it is missing or empty.

    `shown` is the default as the documentation gives it, if `str(default)` would not do. Raises
    ImproperlyConfigured when `read` raises ValueError, whose message completes "NAME must be ...".
    """
    DECLARED[name] = Declaration(name, str(default) if shown is None else shown, help)
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        # "from None", since the message of the cause may contain the value.
        raise ImproperlyConfigured(f"{name} must be {error}.") from None


def switch(text: str) -> bool:
    """on or off, and their usual synonyms."""
    known = {
        "on": True,
        "true": True,
        "yes": True,
        "1": True,
        "off": False,
        "false": False,
        "no": False,
        "0": False,
    }
    if text.lower() not in known:
        raise ValueError("on or off")
    return known[text.lower()]


def words(text: str) -> list[str]:
    """A comma separated list."""
    return [word.strip() for word in text.split(",") if word.strip()]


def whole(least: int = 0, most: int = ENDLESS) -> Callable[[str], int]:
    """A whole number of `least` to `most`."""
    wanted = f"a whole number, {least} or more" if most == ENDLESS else f"a whole number, {least} to {most}"

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or not least <= int(text) <= most:
            raise ValueError(wanted)
        return int(text)

    return read


def seconds(text: str) -> float:
    """A positive number of seconds, up to a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 86400:  # also false for nan
        raise ValueError("a number of seconds between 0.1 and 86400")
    return value


def rate(text: str) -> Rate:
    """A number of events in a period."""
    try:
        return Rate.parse(text)
    except ValueError:
        raise ValueError("a rate such as 20/second (or minute, hour, day), or 0") from None


def hosts(text: str) -> list[str]:
    """Host names as Django writes them in ALLOWED_HOSTS: no scheme, no port, no path."""
    entries = words(text)
    if not entries or not all(_HOST.match(entry) for entry in entries):
        raise ValueError("a comma separated list of host names, without scheme and port")
    return entries


def origins(text: str) -> list[str]:
    """Origins as Django writes them in CSRF_TRUSTED_ORIGINS."""
    entries = words(text)
    if not entries or not all(
        _is_url(entry, "http", "https") and not urlsplit(entry).path for entry in entries
    ):
        raise ValueError(
            "a comma separated list of origins, each with its scheme, such as https://example.com"
        )
    return entries


def redis_urls(text: str) -> list[str]:
    """One or several addresses of Redis, comma separated."""
    urls = words(text)
    if not urls or not all(url.startswith("unix:///") or _is_url(url, "redis", "rediss") for url in urls):
        raise ValueError("one or several redis:// (or rediss://, unix://) URLs, comma separated")
    return urls


def host_name(text: str) -> str:
    """The name of a machine, as people read it."""
    if len(text) > 255 or not text.isprintable():
        raise ValueError("1 to 255 printable characters")
    return text


def token(text: str) -> str:
    """A secret that a program sends in a header."""
    if not re.fullmatch(r"[!-~]{16,}", text):
        raise ValueError("16 or more printable ASCII characters without spaces")
    return text


_HOST = re.compile(r"(\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])\Z")


def _is_url(text: str, *schemes: str) -> bool:
    try:
        url = urlsplit(text)
        return (
            url.scheme in schemes and bool(url.hostname) and url.port != 0
        )  # `port` raises for an invalid one
    except ValueError:
        return False


def database(base: Path) -> Callable[[str], dict[str, Any]]:
    """A Django DATABASES entry from a URL; a relative SQLite path is relative to `base`."""

    def read(text: str) -> dict[str, Any]:
        wanted = "sqlite:///path or postgresql://user:password@host:port/name"
        try:
            config: dict[str, Any] = dict(dj_database_url.parse(text))
        except Exception:  # the sentence below says it better
            raise ValueError(wanted) from None
        name = config["NAME"]
        if not name or name == ":memory:":  # each connection would have a memory of its own
            raise ValueError(wanted)
        if config["ENGINE"] == "django.db.backends.sqlite3":
            config["NAME"] = str(base / name)
        elif config["ENGINE"] != "django.db.backends.postgresql":
            raise ValueError(wanted)
        return config

    return read
