"""Secrets stay out of the log, and so do pages of traceback that any stranger can cause."""

import asyncio
import io
import json
import logging
import sys
import urllib.request
from urllib.error import HTTPError

import pytest
from daphne import access  # type: ignore[import-untyped]
from django.core.exceptions import DisallowedHost

from rooms.tests.wire import refusal
from rtproject import logs
from rtproject.logs import JSONLine, NoTraceback, OnceAMinute, RequestPaths
from rtproject.servers import adapt_log_of_daphne
from rtproject.tests.support.servers import Daphne, Uvicorn


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
        adapt_log_of_daphne()
    assert access.AccessLogGenerator.write_entry is write_entry
    stream = io.StringIO()
    generator = access.AccessLogGenerator(stream)
    adapt_log_of_daphne()
    generator("websocket", "connected", {"client": "192.0.2.1:5", "path": "/ws/VIP?pass=hidden"})
    assert stream.getvalue().endswith('"WSCONNECT /ws/VIP" - -\n')


def test_a_traceback_is_one_string_of_a_json_line():
    """A line that a stranger wrote into the message is no line of the log."""
    record = record_of(ValueError("a fault"), "é\n{}")
    text = JSONLine().format(record)
    line = json.loads(text)
    assert text.isascii()
    assert "\n" not in text
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "x", "é\n{}")
    assert line["traceback"].endswith("ValueError: a fault")


@pytest.mark.parametrize(("kind", "access_log"), [(Daphne, "daphne.access"), (Uvicorn, "uvicorn.access")])
def test_every_line_of_a_server_is_json(start_server, kind, access_log):
    """Those of the server, its access log and ours."""
    server = start_server(kind, LOG_FORMAT="json")
    urllib.request.urlopen(server.http_url("/rooms/")).close()
    with pytest.raises(HTTPError):
        urllib.request.urlopen(server.http_url("/unknown/"))
    server.terminate()
    lines = [json.loads(line) for line in server.log.splitlines()]
    assert {access_log, "django.request"} <= {line["logger"] for line in lines}
    assert [line for line in lines if line["logger"] == access_log and "/rooms/" in line["message"]]


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_debug_shows_no_frames_and_no_headers(start_server, kind):
    """Lines of other packages would."""
    arguments = ("-v", "2") if kind is Daphne else ("--log-level", "trace")
    server = start_server(kind, *arguments, LOG_LEVEL="DEBUG")
    async with server.connect("/ws/lobby?pass=hidden", additional_headers={"Cookie": "a=hidden"}) as client:
        await client.recv()
        await client.send("hidden")
        while "hidden" not in await client.recv():
            pass
    await server.stop()
    assert "lobby" in server.log
    assert "hidden" not in server.log


async def test_a_connection_is_one_id_in_all_its_lines(start_server):
    """Another connection or request has another one."""
    server = start_server(LOG_FORMAT="json")
    for _ in range(2):
        assert await refusal(server.connect("/ws/VIP?pass=wrong")) == 4003
    with pytest.raises(HTTPError):
        await asyncio.to_thread(urllib.request.urlopen, server.http_url("/unknown/"))
    await server.stop()
    lines = [json.loads(line) for line in server.log.splitlines()]
    ids = {
        word: [line["connection"] for line in lines if word in line["message"]]
        for word in ("refused with", "WSCONNECT /ws/VIP", "Not Found")
    }
    assert ids["refused with"] == ids["WSCONNECT /ws/VIP"]
    assert len({*ids["refused with"], *ids["Not Found"]}) == 3
    assert all(len(each) == 8 for each in (*ids["refused with"], *ids["Not Found"]))
