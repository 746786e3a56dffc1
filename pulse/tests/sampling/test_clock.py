"""The grid of ticks."""

from collections.abc import Sequence

import pytest

from pulse.sampling.clock import Grid
from pulse.tests.support import NOON, FakeClock


class OddClock(FakeClock):
    """A clock whose next waits take the seconds in `waits` instead."""

    waits: Sequence[float] = ()

    async def sleep(self, seconds: float) -> None:
        taken, *self.waits = self.waits or [seconds]
        await super().sleep(taken)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> OddClock:
    return OddClock(monkeypatch)


@pytest.mark.parametrize("now", [NOON, NOON + 1.5, NOON + 4.9])
async def test_a_tick_is_at_the_next_multiple_of_the_interval(now: float, clock: OddClock) -> None:
    clock.time = now
    assert await Grid(5).tick() == NOON / 5 + 1
    assert clock.time == NOON + 5


@pytest.mark.parametrize("interval", [0.1, 0.3, 1.0, 5.0, 7.77])
async def test_a_thousand_ticks_come_one_by_one_and_on_the_grid(interval: float, clock: OddClock) -> None:
    grid = Grid(interval)
    first = await grid.tick()
    for number in range(first + 1, first + 1000):
        assert await grid.tick() == number
        assert clock.time == pytest.approx(number * interval, rel=1e-15)
        assert grid.skipped == 0


async def test_rounding_does_not_return_a_tick_twice(clock: OddClock) -> None:
    short = next(number for number in range(1, 10_000) if number * 0.1 // 0.1 < number)
    clock.time = (short - 0.5) * 0.1
    grid = Grid(0.1)
    assert [await grid.tick(), await grid.tick()] == [short, short + 1]


async def test_missed_ticks_are_skipped_and_counted(clock: OddClock) -> None:
    clock.waits = (5, 5 + 12)
    grid = Grid(5)
    latest = await grid.tick()
    assert await grid.tick() == latest + 3  # after a wait that took too long
    assert grid.skipped == 2
    clock.time = NOON + 42
    assert await grid.tick() == latest + 8  # after work that took too long
    assert grid.skipped == 4
    assert clock.time == NOON + 45


async def test_a_wait_that_ended_early_is_continued(clock: OddClock) -> None:
    clock.waits = (2, 1)
    assert await Grid(4).tick() == NOON / 4 + 1
    assert clock.time == NOON + 4


async def test_a_clock_that_is_set_back_continues_with_its_new_time(clock: OddClock) -> None:
    clock.waits = (5, -3605)
    grid = Grid(5)
    await grid.tick()
    assert await grid.tick() == (NOON - 3600) / 5 + 1
    assert clock.time == NOON - 3600 + 5
    assert grid.skipped == 0
