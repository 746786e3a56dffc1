"""Log settings: no secrets, and no traceback for an error that any client can cause."""

import json
import logging
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

from rtproject.utils.db import is_outage
from rtproject.websocket.utils.log_text import MAX_CAUSE, cause, printable, request_path

QUIET_SECONDS = 60.0
REFUSALS = (SuspiciousOperation, PermissionDenied, MultiPartParserError)
READY = "/readyz"
PROBES = ("/healthz", READY)  # come every few seconds, and are not logged
NOT_UTF8 = "Invalid UTF-8 sequence received from client."  # uvicorn's line about a text frame

connection_id: ContextVar[str] = ContextVar("connection_id", default="")  # of a WebSocket or a request


class RequestPaths(logging.Filter):
    """Cuts the query string, which may hold a password or a key, and overlong paths in lines about requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(request_path(each) if isinstance(each, str) else each for each in record.args)
        return not any(path in (record.args or ()) for path in PROBES)


class OnceAMinute(logging.Filter):
    """A filter that passes a line once in QUIET_SECONDS, without its traceback.

    During a failure channels_redis logs one each second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}  # by message, the time

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now < self._passed.get(record.msg, -QUIET_SECONDS) + QUIET_SECONDS:
            return False
        self._passed[record.msg] = now
        if record.exc_info and record.exc_info[1]:
            record.msg, record.args = f"{record.msg}: %s", (cause(record.exc_info[1]),)
            record.exc_info = None
        return True


class NoTraceback(logging.Filter):
    """Removes the traceback from lines about requests that any client can send, and about a failure of the store.

    Django logs one for a request that it refuses (a foreign Host or a broken form, say), uvicorn for a text
    that is not UTF-8, and Daphne, as part of its message, for such a header.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, REFUSALS) or record.msg == NOT_UTF8:
            record.exc_info = None
            record.msg = printable(str(record.msg), MAX_CAUSE)  # which quotes the client's Host
        elif error is not None and is_outage(error):
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: %s", (cause(error),), None
        last = str(record.msg).rstrip().rpartition("\n")[2]
        if last.startswith(("UnicodeDecodeError", "UnicodeEncodeError")):
            record.msg, record.args = f"a request is not readable: {last}", ()
        return True


def add_connection(record: logging.LogRecord) -> bool:
    """Filter that adds the connection in which a line is written."""
    record.connection = f"[{connection_id.get()}] " if connection_id.get() else ""
    return True


class JSONLine(logging.Formatter):
    """One JSON object a line, in ASCII, with the traceback as one string."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "connection": connection_id.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


_paths, _quiet = RequestPaths(), NoTraceback()
# Other packages log no more than with INFO: their debug lines show headers, frames and SQL with its values.
LOGGERS: dict[str, dict[str, Any]] = {
    # Django's and uvicorn's own handlers would log everything twice, or mail it.
    "django": {"handlers": [], "level": "INFO", "propagate": True},
    "django.request": {"filters": [_paths]},
    "uvicorn": {"handlers": [], "propagate": True},
    # uvicorn's lines about WebSockets are in its "error" log, which no option turns off.
    "uvicorn.error": {"level": "INFO", "filters": [_paths, _quiet]},
    "channels_redis.pubsub": {"filters": [OnceAMinute()]},
    "uvicorn.access": {"filters": [_paths], "propagate": True},
    # Addresses of channels have secrets in them; `pulse/alerting/sending.py` says what failed.
    "apprise": {"handlers": ["nothing"], "level": "WARNING", "propagate": False},
    "urllib3": {"level": "ERROR"},
}


def logging_settings(level: str, format: str) -> dict[str, Any]:
    """Return Django's setting LOGGING."""
    handler = {
        "class": "logging.StreamHandler",
        "level": level,
        "formatter": format,
        "filters": [_quiet, add_connection],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "{asctime} {levelname} {connection}{name}: {message}", "style": "{"},
            "json": {"()": "rtproject.logs.JSONLine"},
        },
        "handlers": {"stderr": handler, "nothing": {"class": "logging.NullHandler"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": LOGGERS | {name: {"level": level} for name in ("rtproject", "echo", "rooms", "pulse")},
    }
