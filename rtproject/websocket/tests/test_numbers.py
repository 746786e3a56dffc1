"""Numbers on events: a hole in those of one sender is a loss, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket import numbers
from rtproject.websocket.numbers import Heard, stamp


@pytest.fixture(autouse=True)
def _nothing_sent(monkeypatch):
    monkeypatch.setattr(numbers, "_sent", type(numbers._sent)())


class TestStamp:
    def test_each_group_is_numbered_by_itself(self):
        """1, 2, 3 … for each group, with the name of this process on it."""
        stamps = [stamp(group) for group in ("a", "b", "a", "a", "b")]
        assert [one["number"] for one in stamps] == [1, 1, 2, 3, 2]
        assert {one["by"] for one in stamps} == {numbers.SENDER}

    def test_the_group_that_was_silent_longest_is_forgotten(self, monkeypatch):
        """Strangers name the groups, so their number is bounded; a forgotten one begins again."""
        monkeypatch.setattr(numbers, "MOST_GROUPS", 2)
        for group in ("a", "b", "a", "c"):
            stamp(group)
        assert len(numbers._sent) == 2
        assert [stamp("a")["number"], stamp("b")["number"]] == [3, 1]


class TestHeard:
    def test_who_is_heard_for_the_first_time_left_nothing_out(self):
        """A process that was there before us has said much that was not for us."""
        assert Heard().gap_before("sender", 1000) == 0

    def test_a_hole_is_as_large_as_what_is_missing(self):
        """Each missing number counts once."""
        heard = Heard()
        assert [heard.gap_before("sender", number) for number in (5, 6, 9, 10, 12)] == [0, 0, 2, 0, 1]

    def test_senders_are_apart(self):
        """What one process says leaves no hole in what another says."""
        heard = Heard()
        events = [("a", 1), ("b", 7), ("a", 2), ("b", 8), ("a", 4)]
        assert [heard.gap_before(*event) for event in events] == [0, 0, 0, 0, 1]

    def test_a_sender_that_begins_again_left_nothing_out(self):
        """Numbers that start at 1 again, since the sender forgot the group, are no hole."""
        heard = Heard()
        assert [heard.gap_before("sender", number) for number in (8, 9, 1, 2)] == [0, 0, 0, 0]

    @settings(deadline=None)
    @given(st.sets(st.integers(2, 99)))
    def test_whatever_is_dropped_is_counted(self, dropped):
        """However the losses lie, their sum is exact."""
        heard = Heard()
        kept = [number for number in range(1, 101) if number not in dropped]
        assert sum(heard.gap_before("sender", number) for number in kept) == len(dropped)
