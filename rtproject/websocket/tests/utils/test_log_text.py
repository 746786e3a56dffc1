"""Causes and paths in the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtproject.websocket.utils.log_text import MAX_CAUSE, cause, printable


def failed(error: BaseException, because: BaseException | None = None) -> BaseException:
    """Return `error` as `raise error from because` leaves it."""
    error.__cause__ = because
    return error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError("dark"), "OSError: dark"),
        (TimeoutError(), "TimeoutError: no answer in time"),
        (failed(ValueError("lost"), OSError("dark")), "ValueError: lost, because of OSError: dark"),
        (OSError("several\n  lines\n"), "OSError: several lines"),
        (OSError("at redis://me:hidden@host/0"), "OSError: at redis://host/0"),
        (OSError("\x1b[31m"), r"OSError: \x1b[31m"),
    ],
)
def test_a_cause_is_one_line_without_secrets(error: BaseException, line: str) -> None:
    assert cause(error) == line


@given(st.text(st.characters(), max_size=2 * MAX_CAUSE))
def test_any_text_becomes_short_and_printable(text: str) -> None:
    shown = printable(text, MAX_CAUSE)
    assert shown.isascii()
    assert not shown or shown.isprintable()
    assert shown.endswith("...") or len(text) <= MAX_CAUSE


def test_a_path_as_long_as_a_route_stays_as_it_is() -> None:
    path = f"/ws/{'x' * 64}/"
    assert printable(path, 128) == path
    assert printable("/" + "x" * 200, 128) == "/" + "x" * 127 + "..."
