"""Repeated failures are logged once."""

import asyncio
import logging

import pytest

from rtproject.websocket.utils.failure_log import FailureLog


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def attempt(log: FailureLog, error: BaseException | None = None) -> None:
    with log:
        if error is not None:
            raise error


def test_a_failure_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    log = FailureLog("looking")
    for error in (None, OSError("dark"), OSError("darker"), None, None, ValueError("odd"), None):
        attempt(log, error)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "looking fails, and is tried again: OSError: dark"),
        ("INFO", "looking works again"),
        ("WARNING", "looking fails, and is tried again: ValueError: odd"),
        ("INFO", "looking works again"),
    ]


@pytest.mark.parametrize("error", [asyncio.CancelledError(), ValueError("odd")])
def test_cancellations_and_other_errors_pass(caplog: pytest.LogCaptureFixture, error: BaseException) -> None:
    log = FailureLog("looking", OSError)
    with pytest.raises(type(error)):
        attempt(log, error)
    assert caplog.messages == []
    attempt(log, ConnectionError("dark"))
    assert caplog.messages == ["looking fails, and is tried again: ConnectionError: dark"]
