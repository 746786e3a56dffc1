"""Saying once that something fails."""

import asyncio
import logging

import pytest

from rtproject.utils.failure_log import FailureLog


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def attempt(outage: FailureLog, error: BaseException | None = None) -> None:
    with outage:
        if error is not None:
            raise error


def test_each_outage_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    outage = FailureLog("looking")
    for error in (None, OSError("dark"), OSError("darker"), None, None, ValueError("odd"), None):
        attempt(outage, error)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "looking fails, and is tried again: OSError: dark"),
        ("INFO", "looking works again"),
        ("WARNING", "looking fails, and is tried again: ValueError: odd"),
        ("INFO", "looking works again"),
    ]


def test_a_cancellation_passes_and_is_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(asyncio.CancelledError):
        attempt(FailureLog("looking"), asyncio.CancelledError())
    assert caplog.messages == []


def test_an_error_of_another_kind_passes_and_is_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    outage = FailureLog("looking", OSError)
    with pytest.raises(ValueError, match="odd"):
        attempt(outage, ValueError("odd"))
    assert caplog.messages == []
    attempt(outage, ConnectionError("dark"))
    assert caplog.messages == ["looking fails, and is tried again: ConnectionError: dark"]
