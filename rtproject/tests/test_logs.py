"""What must not be in a log."""

import logging

import pytest

from rtproject.logs import WithoutQuery


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("127.0.0.1:5", "/ws/VIP?pass=hidden"), '127.0.0.1:5 - "WebSocket /ws/VIP"'),
        (("why?", "/echo"), 'why? - "WebSocket /echo"'),
        ((7, "/?a?b"), '7 - "WebSocket /"'),
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
