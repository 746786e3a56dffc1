"""What must not be in a log."""

import io
import logging
import sys

import pytest
from daphne import access  # type: ignore[import-untyped]
from django.core.exceptions import DisallowedHost

from rtproject import logs
from rtproject.logs import NoTraceback, OnceAMinute, WithoutQuery


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("127.0.0.1:5", "/ws/VIP?pass=hidden"), '127.0.0.1:5 - "WebSocket /ws/VIP"'),
        ((None, "http%3A//host/ws/VIP?pass=hidden"), 'None - "WebSocket http%3A//host/ws/VIP"'),
        ((None, "?pass=hidden"), 'None - "WebSocket "'),
        ((7, "/?a?b"), '7 - "WebSocket /"'),
        ((7, "/ws/VIP%3Fpass=hidden"), '7 - "WebSocket /ws/VIP"'),
        ((7, "/ws/VIP%3fpass=hidden?a"), '7 - "WebSocket /ws/VIP"'),
    ],
)
def test_a_path_loses_its_query_and_nothing_else_changes(args, line):
    """The line stays, with the path alone."""
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 1, '%s - "WebSocket %s"', args, None)
    assert WithoutQuery().filter(record)
    assert record.getMessage() == line


def test_a_line_with_named_values_is_left_as_it_is():
    """Only what uvicorn writes is looked into."""
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 1, "%(path)s", ({"path": "/?a"},), None)
    assert WithoutQuery().filter(record)
    assert record.getMessage() == "/?a"


def record_of(error: Exception, message: str = "it failed") -> logging.LogRecord:
    """A line about `error`, with its traceback."""
    return logging.LogRecord("x", logging.ERROR, "", 1, message, (), (type(error), error, None))


def test_a_fault_that_is_said_every_second_is_logged_once_a_minute(monkeypatch):
    """Each kind of line by itself, in one line, and again when a minute is over."""
    quiet = OnceAMinute()
    first = record_of(ConnectionError("no Redis"))
    assert quiet.filter(first)
    assert first.getMessage() == "it failed ConnectionError('no Redis')"
    assert first.exc_info is None
    assert not quiet.filter(record_of(ConnectionError("no Redis")))
    assert quiet.filter(record_of(ConnectionError("no Redis"), "something else failed"))
    monkeypatch.setattr(logs, "QUIET_SECONDS", 0.0)
    assert quiet.filter(record_of(ConnectionError("no Redis")))


def test_a_refused_request_is_a_line_without_a_traceback():
    """A stranger with a foreign Host cannot fill the log; a fault of ours keeps its traceback."""
    refused, fault = record_of(DisallowedHost("evil")), record_of(ValueError("a fault"))
    assert NoTraceback().filter(refused)
    assert NoTraceback().filter(fault)
    assert refused.exc_info is None
    assert fault.exc_info is not None


def test_bytes_that_are_no_text_fill_no_page_of_the_log():
    """Daphne writes the traceback into the line itself; any other fault keeps it."""
    text = "Traceback (most recent call last):\n  File …\n{}: 'ascii' codec can't decode byte 0xff\n"
    lines = []
    for error in ("UnicodeDecodeError", "ValueError"):
        record = logging.LogRecord("daphne.ws_protocol", logging.ERROR, "", 1, text.format(error), (), None)
        assert NoTraceback().filter(record)
        lines.append(record.getMessage())
    assert lines == [
        "a request is not readable: UnicodeDecodeError: 'ascii' codec can't decode byte 0xff",
        text.format("ValueError"),
    ]


def test_daphnes_access_log_ends_each_path_where_its_query_begins(monkeypatch):
    """Passwords and keys stay out of a stream that no filter of the logging module sees."""
    stream = io.StringIO()
    generator = access.AccessLogGenerator(stream)
    monkeypatch.setattr(access.AccessLogGenerator, "write_entry", access.AccessLogGenerator.write_entry)
    logs.cut_queries_of_daphne()
    generator("websocket", "connected", {"client": "192.0.2.1:5", "path": "/ws/VIP?pass=hidden"})
    assert stream.getvalue().endswith('"WSCONNECT /ws/VIP" - -\n')


def test_a_server_that_is_not_daphne_is_left_alone(monkeypatch):
    """Its access log is not ours to change."""
    before = access.AccessLogGenerator.write_entry
    monkeypatch.delitem(sys.modules, "daphne.access")
    logs.cut_queries_of_daphne()
    assert access.AccessLogGenerator.write_entry is before
