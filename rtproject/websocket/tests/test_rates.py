"""Limits, on a clock that only moves when it is told to."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket import rates
from rtproject.websocket.rates import Bucket, Rate, Tally


@pytest.fixture
def clock(monkeypatch):
    """Sets what `time.monotonic` says in the module: `clock.now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


class TestRate:
    @pytest.mark.parametrize(
        ("text", "rate"),
        [
            ("20/second", Rate(20, 1.0)),
            ("10/minute", Rate(10, 60.0)),
            (" 5 / hour ", Rate(5, 3600.0)),
            ("1/day", Rate(1, 86400.0)),
            ("0", Rate(0, 1.0)),
            (" 0 ", Rate(0, 1.0)),
        ],
    )
    def test_is_read(self, text, rate):
        """A rate is a count and a period, or 0."""
        assert Rate.parse(text) == rate

    @pytest.mark.parametrize(
        "text", ["", "20", "20/", "/second", "20/seconds", "-1/second", "1.5/second", "٣/second", "²/second"]
    )
    def test_anything_else_is_an_error(self, text):
        """What cannot be read is a ValueError."""
        with pytest.raises(ValueError):  # noqa: PT011 - its message is the text, for whoever asked
            Rate.parse(text)

    @settings(deadline=None)
    @given(st.text())
    def test_fails_in_one_way(self, text):
        """Any text is a rate or a ValueError."""
        with suppress(ValueError):
            assert Rate.parse(text).count >= 0


class TestBucket:
    def test_gives_its_burst_and_then_the_rate(self, clock):
        """As many as the rate's count at once, then one for each that came back."""
        bucket = Bucket.full(Rate(2, 1.0))
        assert [bucket.take() for _ in range(3)] == [True, True, False]
        clock.now += 0.5
        assert [bucket.take() for _ in range(2)] == [True, False]

    def test_holds_no_more_than_its_burst(self, clock):
        """A long silence does not save up more than the burst."""
        bucket = Bucket.full(Rate(2, 1.0), burst=3)
        clock.now += 3600
        assert [bucket.take() for _ in range(4)] == [True, True, True, False]

    def test_a_refusal_costs_nothing(self, clock):
        """Asking again and again does not put off the next token."""
        bucket = Bucket.full(Rate(1, 1.0))
        assert bucket.take()
        for _ in range(9):
            clock.now += 0.1
            assert not bucket.take()
        clock.now += 0.2
        assert bucket.take()

    def test_a_rate_of_zero_is_no_limit(self, clock):
        """0 turns the limit off."""
        bucket = Bucket.full(Rate(0, 1.0))
        assert all(bucket.take() for _ in range(1000))


class TestTally:
    def test_is_exhausted_by_as_many_as_the_rate_allows(self, clock):
        """The count is per key, and asking counts nothing."""
        tally = Tally(Rate(2, 60.0))
        tally.count("one")
        assert not tally.exhausted("one")
        tally.count("one")
        assert tally.exhausted("one")
        assert not tally.exhausted("other")

    def test_forgets_as_the_window_moves(self, clock):
        """Each event counts for the rate's period and no longer."""
        tally = Tally(Rate(2, 60.0))
        tally.count("one")
        clock.now += 40
        tally.count("one")
        assert tally.exhausted("one")
        clock.now += 20
        assert not tally.exhausted("one")
        tally.count("one")
        assert tally.exhausted("one")

    def test_a_rate_of_zero_is_no_limit(self, clock):
        """0 turns the limit off."""
        tally = Tally(Rate(0, 60.0))
        for _ in range(100):
            tally.count("one")
        assert not tally.exhausted("one")

    def test_remembers_a_bounded_number_of_keys(self, clock):
        """Strangers cannot fill the memory: who was counted longest ago is forgotten first."""
        tally = Tally(Rate(1, 60.0), most_keys=2)
        for key in ("one", "two", "one", "three"):
            tally.count(key)
        assert [tally.exhausted(key) for key in ("one", "two", "three")] == [True, False, True]
