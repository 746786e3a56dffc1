"""Settings from the environment: each declared once, with its default and one line of help.

A value that cannot be read stops the start with one sentence that names the setting. The sentence never shows the
value, which may be a secret in the wrong place.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from rtproject.websocket.redis_urls import split_sentinels
from rtproject.websocket.utils.log_text import printable

T = TypeVar("T")

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
ENDLESS = 10**18  # more than any setting needs


# By name, the default and the help as the documentation shows them.
DECLARED: dict[str, tuple[str, str]] = {}


def setting(name: str, read: Callable[[str], T], default: T, help: str, shown: str | None = None) -> T:
    """Return the value of the setting `name`, or `default` if it is missing or empty.

    `read` turns the text of the environment into the value. `shown` is the default as the documentation gives
    it, if `str(default)` would not do. Raises ImproperlyConfigured when `read` raises ValueError, whose
    message completes "NAME must be ...".
    """
    DECLARED[name] = (str(default) if shown is None else shown, help)
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        # "from None", since the message of the cause may contain the value.
        raise ImproperlyConfigured(f"{name} must be {error}.") from None


def switch(text: str) -> bool:
    if text.lower() in ("on", "true", "yes", "1"):
        return True
    if text.lower() in ("off", "false", "no", "0"):
        return False
    raise ValueError("on or off")


def matching(pattern: str, wanted: str) -> Callable[[str], str]:
    """Return a reader of text that the regular expression matches."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(wanted)
        return text

    return read


def words(text: str, is_valid: Callable[[str], object], wanted: str, comma: str = ",") -> list[str]:
    """Read a list of at least one word; the regular expression `comma` separates them."""
    found = [word.strip() for word in re.split(comma, text) if word.strip()]
    if not found or not all(map(is_valid, found)):
        raise ValueError(wanted)
    return found


def whole(least: int = 0, most: int = ENDLESS) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""
    wanted = f"a whole number, {least} or more" if most == ENDLESS else f"a whole number, {least} to {most}"

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or not least <= int(text) <= most:
            raise ValueError(wanted)
        return int(text)

    return read


def seconds(text: str) -> float:
    """Read a positive number of seconds, up to a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.1 <= value <= 86400:  # also false for nan
        raise ValueError("a number of seconds between 0.1 and 86400")
    return value


def hosts(text: str) -> list[str]:
    """Read host names as in Django's ALLOWED_HOSTS: no scheme, no port, no path."""
    return words(text, _HOST.match, "a comma separated list of host names, without scheme and port")


def origins(text: str) -> list[str]:
    """Read origins as in Django's CSRF_TRUSTED_ORIGINS."""
    wanted = "a comma separated list of origins, each with its scheme, such as https://example.com"
    return words(text, lambda word: _is_url(word, "http", "https") and not urlsplit(word).path, wanted)


def redis_urls(text: str) -> list[str]:
    """Read one or several addresses of Redis, separated by commas."""
    wanted = "one or several redis:// (or rediss://, unix://, redis+sentinel://) URLs, comma separated"
    urls = words(text, _is_redis, wanted, r",(?=\s*[a-z+]+://)")
    for url in urls:
        _check_redis_options(split_sentinels(url)[2])
    return urls


def _is_redis(url: str) -> bool:
    if url.startswith("unix:///"):
        return True
    sentinels, _, server = split_sentinels(url)
    return all("," not in each and _is_url(each, "redis", "rediss") for each in (*sentinels, server))


# What redis-py takes besides changes how all code has to read its answers, or fails later. A process that waits for one
# of few connections stands still, so a limit has two digits at least.
REDIS_OPTIONS = re.compile(
    r"db=[0-9]{1,5}|(username|password|client_name|ssl_\w+)=.*|socket_keepalive=\w+|retry_on_timeout=\w+"
    r"|socket(_connect)?_timeout=[0-9]{0,5}\.?[0-9]{1,5}|health_check_interval=[0-9]{1,5}|max_connections=[1-9][0-9]{1,5}"
)


def _check_redis_options(url: str) -> None:
    """Make a connection object, as the layer will, which connects to nothing. Raises ValueError."""
    from redis.asyncio import ConnectionPool  # a site without Redis saves the memory

    parts = urlsplit(url)
    if parts.scheme != "unix" and not re.fullmatch(r"/?[0-9]{0,5}", parts.path):
        raise ValueError("a URL whose path is the number of a database, such as redis://host/0")
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not REDIS_OPTIONS.fullmatch(f"{name}={value}"):
            raise ValueError(
                f"a URL with options of a connection that redis-py knows ({printable(name, 64)} is none)"
            )
    try:
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
    except Exception as error:  # redis-py has a kind for each mistake
        reason = re.sub(r".*unexpected keyword argument", "unknown option", str(error))
        raise ValueError(f"a URL with options of a connection that redis-py knows ({reason})") from None


def host_name(text: str) -> str:
    if len(text) > 255 or not text.isprintable():
        raise ValueError("1 to 255 printable characters")
    return text


def mail(text: str) -> tuple[str, int, str, str, bool, bool, str]:
    """Read a mail server: host, port, user, password, TLS after a greeting, TLS at once; and the sender's address."""
    url, ports = urlsplit(text), {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if not _is_url(text, *ports) or not re.fullmatch(r"from=[^&=]+@[^&=]+", url.query):
        raise ValueError(
            "smtp+tls://user:password@host:port?from=address, or the same with smtps:// or smtp://"
        )
    host, port = url.hostname or "", url.port or ports[url.scheme]
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return host, port, user, password, url.scheme == "smtp+tls", url.scheme == "smtps", unquote(url.query[5:])


_HOST = re.compile(r"(\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])\Z")


def _is_url(text: str, *schemes: str) -> bool:
    try:
        url = urlsplit(text)
        # `port` raises for an invalid one
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def database(text: str) -> dict[str, Any]:
    config: dict[str, Any] = {}
    with suppress(Exception):  # the ValueError below is clearer
        config.update(dj_database_url.parse(text))
    on_sqlite = config.get("ENGINE") == SQLITE
    # In memory each connection would have a database of its own.
    if not (on_sqlite or config.get("ENGINE") == POSTGRESQL) or config["NAME"] in (None, "", ":memory:"):
        raise ValueError("sqlite:///path or postgresql://user:password@host:port/name")
    if on_sqlite and not re.fullmatch(r"sqlite:///[^?#]*[^?#/]", text):
        raise ValueError(
            "sqlite:////absolute/path or sqlite:///relative/path, with three slashes and no options"
        )
    if not on_sqlite:
        _check_libpq_options(config.get("OPTIONS", {}))
    return config


def _check_libpq_options(options: dict[str, Any]) -> None:
    """Have libpq look at the options, which it does before it looks for the server. Raises ValueError."""
    from psycopg import Error, conninfo, pq  # a site on SQLite saves the memory

    try:
        info = conninfo.make_conninfo("host=/nonexistent", **options)
        conninfo.timeout_from_conninfo(conninfo.conninfo_to_dict(info))
        attempt = pq.PGconn.connect_start(info.encode())
        reason = attempt.error_message.decode(errors="replace")
        attempt.finish()
    except Error as error:
        reason = f"invalid: {error}"
    # libpq reads these only when it has a socket.
    numbers = (
        "tcp_user_timeout",
        "keepalives",
        *(f"keepalives_{each}" for each in ("idle", "interval", "count")),
    )
    wrong = [name for name in numbers if not str(options.get(name, "0")).isdigit()]
    if wrong:
        reason = f"invalid: {wrong[0]} is a whole number"
    if reason.startswith("invalid"):
        shown = reason.strip().removeprefix("invalid: ").partition(': "')[0]  # without the value
        raise ValueError(f"a URL with options that libpq knows ({shown})")
