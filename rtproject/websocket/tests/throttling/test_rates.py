"""Limits, on a clock that only moves when it is told to."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.throttling import rates
from rtproject.websocket.throttling.rates import Bucket, LeakyBucket, Rate, SlidingWindow


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


class TestPace:
    @pytest.fixture
    def slept(self, clock, monkeypatch):
        """How long each caller was made to wait."""
        seen = []

        async def sleep(seconds):
            seen.append(round(seconds, 3))

        monkeypatch.setattr(rates, "asyncio", SimpleNamespace(sleep=sleep))
        return seen

    async def test_a_burst_goes_through_and_the_rest_in_turn(self, clock, slept):
        """Who comes alone does not wait at all."""
        pace = LeakyBucket(Rate(10, 1.0), burst=2)
        for _ in range(4):
            await pace.wait_turn(clock.now + 60)
        assert slept == [0, 0, 0.1, 0.2]
        clock.now += 5
        await pace.wait_turn(clock.now + 60)
        assert slept[-1] == 0

    async def test_nobody_waits_for_longer_than_they_may(self, clock, slept):
        """Of too many each waits for another time, and when they have gone it is as before."""
        pace = LeakyBucket(Rate(10, 1.0), burst=1)
        for _ in range(1000):
            await pace.wait_turn(clock.now + 2)
        assert max(slept) <= 2
        assert len(set(slept)) > 100
        clock.now += 3
        await pace.wait_turn(clock.now + 2)
        assert slept[-1] == 0


class TestTally:
    def test_is_exhausted_by_as_many_as_the_rate_allows(self, clock):
        """The count is per key, and asking counts nothing."""
        tally = SlidingWindow(Rate(2, 60.0))
        assert tally.take("one")
        assert not tally.exhausted("one")
        assert tally.take("one")
        assert tally.exhausted("one")
        assert not tally.exhausted("other")

    def test_who_is_refused_is_not_counted(self, clock):
        """Trying again and again does not make it last longer."""
        tally = SlidingWindow(Rate(1, 60.0))
        assert tally.take("one")
        clock.now += 59
        assert not tally.take("one")
        clock.now += 1
        assert tally.take("one")

    def test_forgets_as_the_window_moves(self, clock):
        """Each event counts for the rate's period and no longer."""
        tally = SlidingWindow(Rate(2, 60.0))
        tally.take("one")
        clock.now += 40
        tally.take("one")
        assert tally.exhausted("one")
        clock.now += 20
        assert not tally.exhausted("one")
        tally.take("one")
        assert tally.exhausted("one")

    def test_what_is_given_back_does_not_count(self, clock):
        """Nor is anything left of it; giving back too often does no harm."""
        tally = SlidingWindow(Rate(1, 60.0))
        tally.take("one")
        tally.give_back("one")
        assert len(tally) == 0
        tally.give_back("one")
        assert tally.take("one")
        assert not tally.take("one")

    def test_a_rate_of_zero_is_no_limit(self, clock):
        """0 turns the limit off, and nothing is remembered."""
        tally = SlidingWindow(Rate(0, 60.0))
        assert all(tally.take("one") for _ in range(100))
        assert not tally.exhausted("one")
        assert len(tally) == 0

    def test_remembers_a_bounded_number_of_keys(self, clock):
        """Strangers cannot fill the memory: who was counted longest ago is forgotten first."""
        tally = SlidingWindow(Rate(2, 60.0), most_keys=2)
        for key in ("one", "two", "one", "three", "three"):
            tally.take(key)
        assert [tally.exhausted(key) for key in ("one", "two", "three")] == [True, False, True]
        assert len(tally) == 2

    def test_keys_that_count_no_more_are_forgotten(self, clock):
        """Without anybody asking for them."""
        tally = SlidingWindow(Rate(2, 60.0))
        for number in range(1000):
            tally.take(number)
            clock.now += 1
        assert len(tally) == 60
