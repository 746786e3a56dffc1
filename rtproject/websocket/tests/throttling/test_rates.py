"""Rates and limits, on a clock that the tests move."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject.websocket.throttling import rates
from rtproject.websocket.throttling.rates import Bucket, LeakyBucket, Rate, SlidingWindow


@pytest.fixture
def clock(monkeypatch):
    """The clock of the module: `clock.now`."""
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
            (" 0 ", Rate(0, 1.0)),
        ],
    )
    def test_is_a_count_and_a_period(self, text, rate):
        """Or 0."""
        assert Rate.parse(text) == rate

    @pytest.mark.parametrize(
        "text", ["", "20", "20/", "/second", "20/seconds", "-1/second", "1.5/second", "٣/second", "²/second"]
    )
    def test_anything_else_is_a_value_error(self, text):
        """Also digits that are not ASCII."""
        with pytest.raises(ValueError):  # noqa: PT011 - its message is the text
            Rate.parse(text)

    @settings(deadline=None)
    @given(st.text())
    def test_no_text_fails_in_another_way(self, text):
        """Any text is a rate or a ValueError."""
        with suppress(ValueError):
            assert Rate.parse(text).count >= 0


class TestBucket:
    def test_gives_its_burst_and_then_the_rate(self, clock):
        """A long pause saves up no more than the burst."""
        bucket = Bucket.full(Rate(2, 1.0), burst=3)
        for _ in range(2):
            assert [bucket.take() for _ in range(4)] == [True, True, True, False]
            clock.now += 0.5
            assert [bucket.take() for _ in range(2)] == [True, False]
            clock.now += 3600

    def test_a_refusal_costs_nothing(self, clock):
        """Asking again and again does not delay the next token."""
        bucket = Bucket.full(Rate(1, 1.0))
        assert bucket.take()
        for _ in range(9):
            clock.now += 0.1
            assert not bucket.take()
        clock.now += 0.2
        assert bucket.take()


class TestLeakyBucket:
    @pytest.fixture
    def slept(self, clock, monkeypatch):
        """The seconds that each caller waited."""
        seen = []

        async def sleep(seconds):
            seen.append(round(seconds, 3))

        monkeypatch.setattr(rates, "asyncio", SimpleNamespace(sleep=sleep))
        return seen

    async def test_a_burst_goes_through_and_the_rest_in_turn(self, clock, slept):
        """A single caller does not wait at all."""
        bucket = LeakyBucket(Rate(10, 1.0), burst=2)
        for _ in range(4):
            await bucket.wait_turn(clock.now + 60)
        assert slept == [0, 0, 0.1, 0.2]
        clock.now += 5
        await bucket.wait_turn(clock.now + 60)
        assert slept[-1] == 0

    async def test_no_caller_waits_beyond_its_deadline(self, clock, slept):
        """Too many callers wait for different times, and later ones wait as before."""
        bucket = LeakyBucket(Rate(10, 1.0), burst=1)
        for _ in range(1000):
            await bucket.wait_turn(clock.now + 2)
        assert max(slept) <= 2
        assert len(set(slept)) > 100
        clock.now += 3
        await bucket.wait_turn(clock.now + 2)
        assert slept[-1] == 0


class TestSlidingWindow:
    def test_each_key_has_its_count(self, clock):
        """Asking counts nothing."""
        window = SlidingWindow(Rate(2, 60.0))
        assert window.take("one")
        assert not window.exhausted("one")
        assert window.take("one")
        assert window.exhausted("one")
        assert not window.exhausted("other")

    def test_an_event_counts_for_the_period(self, clock):
        """Refused ones do not count, so that trying again makes it last no longer."""
        window = SlidingWindow(Rate(2, 60.0))
        window.take("one")
        clock.now += 40
        window.take("one")
        clock.now += 19
        assert not window.take("one")
        assert window.exhausted("one")
        clock.now += 1
        assert not window.exhausted("one")
        assert [window.take("one"), window.take("one")] == [True, False]

    def test_what_is_given_back_does_not_count(self, clock):
        """Nothing is left of it, and giving back too often does no harm."""
        window = SlidingWindow(Rate(1, 60.0))
        window.take("one")
        window.give_back("one")
        assert len(window) == 0
        window.give_back("one")
        assert [window.take("one"), window.take("one")] == [True, False]

    def test_remembers_a_bounded_number_of_keys(self, clock):
        """Strangers cannot fill the memory: the key that was counted longest ago is forgotten first."""
        window = SlidingWindow(Rate(2, 60.0), most_keys=2)
        for key in ("one", "two", "one", "three", "three"):
            window.take(key)
        assert [window.exhausted(key) for key in ("one", "two", "three")] == [True, False, True]
        assert len(window) == 2

    def test_keys_that_count_no_more_are_forgotten(self, clock):
        """Also if they are never asked for again."""
        window = SlidingWindow(Rate(2, 60.0))
        for number in range(1000):
            window.take(number)
            clock.now += 1
        assert len(window) == 60
