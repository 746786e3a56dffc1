"""Log settings: no secrets, and no traceback for an error that any client can cause."""

import logging
import time

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

from rtproject.utils.db import is_outage
from rtproject.websocket.utils.log_text import MAX_CAUSE, cause, printable, request_path

QUIET_SECONDS = 60.0
REFUSALS = (SuspiciousOperation, PermissionDenied, MultiPartParserError)
NOT_UTF8 = "Invalid UTF-8 sequence received from client."  # uvicorn's line about a text frame


class RequestPaths(logging.Filter):
    """Cuts the query string, which may hold a password or a key, and overlong paths in lines about requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the line, and keep it."""
        if isinstance(record.args, tuple):
            record.args = tuple(request_path(each) if isinstance(each, str) else each for each in record.args)
        return True


class OnceAMinute(logging.Filter):
    """A filter that passes a line once in QUIET_SECONDS, without its traceback.

    During a failure channels_redis logs one each second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}  # by message, the time

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is passed."""
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
        """Change the line, and keep it."""
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


# Django's setting of this name.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "request_paths": {"()": "rtproject.logs.RequestPaths"},
        "once_a_minute": {"()": "rtproject.logs.OnceAMinute"},
        "no_traceback": {"()": "rtproject.logs.NoTraceback"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_traceback"]}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would log everything twice, or mail it.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"filters": ["request_paths"]},
        # uvicorn's lines about WebSockets are in its "error" log, which no option turns off.
        "uvicorn.error": {"filters": ["request_paths", "no_traceback"]},
        "channels_redis.pubsub": {"filters": ["once_a_minute"]},
        "uvicorn.access": {"filters": ["request_paths"], "propagate": True},
    },
}
