"""Reports of failed tests with the logs of their servers, and marks of browser tests."""

import os
from collections.abc import Generator

import pytest

from rtproject.tests.support.browser import NO_CHROMIUM
from rtproject.tests.support.running import RUNNING

_before: dict[int, int] = {}  # by pid: how long each log was when the test began


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a browser, or servers of their own, for the option `-m`.

    Browser tests run on the event loop of the session, which is the browser's.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures:
            item.add_marker("browser")
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if fixtures & {"start_server", "valkey", "postgres"}:
            item.add_marker("servers")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processors and one, since many tests wait; at most four."""
    return min(4, (os.cpu_count() or 1) + 1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Note the lengths of the logs, since earlier lines do not belong to this test."""
    _before.clear()
    _before.update({process.pid: len(process.log) for process in RUNNING})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to a failure the lines that each running process wrote since the test began."""
    report = yield
    if report.failed:
        for process in RUNNING:
            written = process.log[_before.get(process.pid, 0) :]
            report.sections.append((f"Log of {process.name} {process.pid}", written or "(nothing)"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts of tests, and one line for all that had no browser."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
    skipped = terminalreporter.getreports("skipped")
    if without_browser := sum(NO_CHROMIUM in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(f"{without_browser} browser tests were skipped. {NO_CHROMIUM}")
