"""Stored times, and clocks that jump."""

import pytest

from rtproject.utils.clocks import is_over


@pytest.mark.parametrize(
    ("since", "over"),
    [(0, False), (-99, False), (-100, True), (59, False), (60, True), (10**9, True), (-(10**9), True)],
)
def test_what_is_old_or_in_the_future_is_over(since, over):
    """Hosts may differ by a minute."""
    assert is_over(1e9 + since, 1e9, 100) is over


def test_what_lasts_shorter_than_hosts_differ_is_over_when_it_is_further_away():
    assert [is_over(since, 0, 15) for since in (-15, -14, 14, 15)] == [True, False, False, True]
