"""Secrets stay out of the log, and so do pages of traceback that any stranger can cause."""

import io
import logging
import sys

import pytest
from daphne import access  # type: ignore[import-untyped]
from django.core.exceptions import DisallowedHost

from rtproject import logs
from rtproject.logs import NoTraceback, OnceAMinute, RequestPaths
from rtproject.servers import cut_paths_of_daphne


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("127.0.0.1:5", "/ws/VIP?pass=hidden"), "127.0.0.1:5 /ws/VIP"),
        ((None, "http%3A//host/ws/VIP?pass=hidden"), "None http%3A//host/ws/VIP"),
        ((None, "?pass=hidden"), "None "),
        ((7, "/?a?b"), "7 /"),
        ((7, "/ws/VIP%3Fpass=hidden"), "7 /ws/VIP"),
        ((7, "/ws/VIP%3fpass=hidden?a"), "7 /ws/VIP"),
    ],
)
def test_a_path_loses_its_query(args, line):
    """Escaped or not, and nothing else of the line changes."""
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 1, "%s %s", args, None)
    assert RequestPaths().filter(record)
    assert record.getMessage() == line


def record_of(error: Exception, message: str = "it failed") -> logging.LogRecord:
    """A line about `error`, with its traceback."""
    return logging.LogRecord("x", logging.ERROR, "", 1, message, (), (type(error), error, None))


def test_a_repeated_failure_is_one_line_a_minute(monkeypatch):
    """Each message by itself, without its traceback."""
    once = OnceAMinute()
    first = record_of(ConnectionError("no Redis"))
    assert once.filter(first)
    assert first.getMessage() == "it failed: ConnectionError: no Redis"
    assert first.exc_info is None
    assert not once.filter(record_of(ConnectionError("no Redis")))
    assert once.filter(record_of(ConnectionError("no Redis"), "something else failed"))
    monkeypatch.setattr(logs, "QUIET_SECONDS", 0.0)
    assert once.filter(record_of(ConnectionError("no Redis")))


def test_a_refused_request_has_no_traceback():
    """A stranger with a foreign Host cannot fill the log; a fault of ours keeps its traceback."""
    refused, fault = record_of(DisallowedHost("evil")), record_of(ValueError("a fault"))
    assert NoTraceback().filter(refused)
    assert NoTraceback().filter(fault)
    assert refused.exc_info is None
    assert fault.exc_info is not None


@pytest.mark.parametrize("error", ["UnicodeDecodeError", "ValueError"])
def test_bytes_that_are_not_text_are_one_line(error):
    """Daphne writes the traceback into the line itself; any other fault keeps it."""
    text = f"Traceback (most recent call last):\n  File …\n{error}: 'ascii' codec can't decode byte 0xff\n"
    record = logging.LogRecord("daphne.ws_protocol", logging.ERROR, "", 1, text, (), None)
    assert NoTraceback().filter(record)
    short = f"a request is not readable: {error}: 'ascii' codec can't decode byte 0xff"
    assert record.getMessage() == (text if error == "ValueError" else short)


def test_daphnes_access_log_has_no_query(monkeypatch):
    """No filter of the logging module sees its stream. Without a Daphne nothing is changed."""
    write_entry = access.AccessLogGenerator.write_entry
    monkeypatch.setattr(access.AccessLogGenerator, "write_entry", write_entry)  # which puts it back
    with monkeypatch.context() as without_daphne:
        without_daphne.delitem(sys.modules, "daphne.access")
        cut_paths_of_daphne()
    assert access.AccessLogGenerator.write_entry is write_entry
    stream = io.StringIO()
    generator = access.AccessLogGenerator(stream)
    cut_paths_of_daphne()
    generator("websocket", "connected", {"client": "192.0.2.1:5", "path": "/ws/VIP?pass=hidden"})
    assert stream.getvalue().endswith('"WSCONNECT /ws/VIP" - -\n')
