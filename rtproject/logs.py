"""What must not be in a log: secrets, and a page of traceback for what any stranger can cause."""

import logging
import re
import sys
import time
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation

QUIET_SECONDS = 60.0
NO_UTF8 = "Invalid UTF-8 sequence received from client."  # uvicorn, of a text frame


class WithoutQuery(logging.Filter):
    """Cuts the query string, which may hold a password or a key, out of lines about requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the line stays."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                _without_query(value) if isinstance(value, str) else value for value in record.args
            )
        return True


def _without_query(path: str) -> str:
    """The path, also if a client escaped the question mark and so made its query a part of it."""
    return re.split(r"\?|%3f", path, maxsplit=1, flags=re.IGNORECASE)[0]


class OnceAMinute(logging.Filter):
    """Lets a line through once in QUIET_SECONDS, and without its traceback.

    channels_redis logs one each second for as long as Redis cannot be reached, which is no fault of its own or ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}  # by message, when it was let through

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is new enough."""
        now = time.monotonic()
        said = self._said.get(record.msg)
        if said is not None and now < said + QUIET_SECONDS:
            return False
        self._said[record.msg] = now
        if record.exc_info:
            record.msg, record.args = f"{record.msg} %r", (record.exc_info[1],)
            record.exc_info = None
        return True


class NoTracebackForRefusals(logging.Filter):
    """Keeps Django's line about a request that it refused (a foreign Host, say), without the traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the line stays."""
        refused = record.exc_info and isinstance(record.exc_info[1], SuspiciousOperation | PermissionDenied)
        if refused or record.msg == NO_UTF8:
            record.exc_info = None
        return True


class NoTracebackForBytes(logging.Filter):
    """Keeps the last line of Daphne's traceback about a header that is no text: any stranger can send one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the line stays."""
        last = str(record.msg).rstrip().rpartition("\n")[2]
        if last.startswith(("UnicodeDecodeError", "UnicodeEncodeError")):
            record.msg, record.args = f"a request is not readable: {last}", ()
        return True


def cut_queries_of_daphne() -> None:
    """Makes Daphne's access log end each path where its query begins.

    It writes to a stream of its own, so no filter of the logging module sees it. Does nothing without Daphne.
    """
    access = sys.modules.get("daphne.access")
    if access is None:
        return
    generator: Any = access.AccessLogGenerator
    write_entry = generator.write_entry

    def without_query(self: Any, host: Any, date: Any, request: str, *args: Any, **kwargs: Any) -> None:
        write_entry(self, host, date, _without_query(request), *args, **kwargs)

    generator.write_entry = without_query


# Django's setting of this name.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "without_query": {"()": "rtproject.logs.WithoutQuery"},
        "once_a_minute": {"()": "rtproject.logs.OnceAMinute"},
        "no_traceback": {"()": "rtproject.logs.NoTracebackForRefusals"},
        "readable": {"()": "rtproject.logs.NoTracebackForBytes"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_traceback"]}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would say everything twice, or mail it to nobody.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"filters": ["without_query"]},
        # uvicorn's lines about WebSockets are in its "error" log, which no option turns off.
        "uvicorn.error": {"filters": ["without_query", "no_traceback"]},
        "daphne.http_protocol": {"filters": ["readable"]},
        "daphne.ws_protocol": {"filters": ["readable"]},
        "channels_redis.pubsub": {"filters": ["once_a_minute"]},
        "uvicorn.access": {"filters": ["without_query"], "propagate": True},
    },
}
