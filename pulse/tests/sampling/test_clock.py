"""The grid of ticks."""

import time

import pytest

from pulse.sampling.clock import Grid, SystemClock
from pulse.tests.support import NOON, FakeClock


async def test_a_tick_is_at_the_next_multiple_of_the_interval() -> None:
    clock = FakeClock(NOON + 1.5)
    assert await Grid(5, clock).tick() == NOON / 5 + 1
    assert clock.time == NOON + 5


async def test_at_a_multiple_of_the_interval_the_next_one_is_waited_for() -> None:
    clock = FakeClock(NOON)
    await Grid(5, clock).tick()
    assert clock.time == NOON + 5


@pytest.mark.parametrize("interval", [0.1, 0.3, 1.0, 5.0, 7.77])
async def test_a_thousand_ticks_come_one_by_one_and_on_the_grid(interval: float) -> None:
    clock = FakeClock()
    grid = Grid(interval, clock)
    first = await grid.tick()
    for number in range(first + 1, first + 1000):
        assert await grid.tick() == number
        assert clock.time == pytest.approx(number * interval, rel=1e-15)
        assert grid.skipped == 0


async def test_a_rounding_error_does_not_give_a_tick_twice() -> None:
    short = next(number for number in range(1, 10_000) if number * 0.1 // 0.1 < number)
    grid = Grid(0.1, FakeClock((short - 0.5) * 0.1))
    assert [await grid.tick(), await grid.tick()] == [short, short + 1]


async def test_ticks_that_nobody_waited_for_are_skipped_and_counted() -> None:
    clock = FakeClock()
    grid = Grid(5, clock)
    latest = await grid.tick()
    clock.time += 17
    assert await grid.tick() == latest + 4
    assert grid.skipped == 3
    assert clock.time % 5 == 0


async def test_after_a_sleep_that_took_far_too_long_the_tick_is_the_one_that_time_is_in() -> None:
    clock = FakeClock()
    grid = Grid(5, clock)
    latest = await grid.tick()

    async def oversleep(seconds: float) -> None:
        clock.time += seconds + 12

    clock.sleep = oversleep  # type: ignore[method-assign]
    assert await grid.tick() == latest + 3
    assert grid.skipped == 2


async def test_a_sleep_that_ended_early_is_continued() -> None:
    clock = FakeClock(NOON)
    slept = []

    async def sleep_half(seconds: float) -> None:
        slept.append(seconds)
        clock.time += seconds / 2 if seconds > 1 else seconds

    clock.sleep = sleep_half  # type: ignore[method-assign]
    assert await Grid(4, clock).tick() == NOON / 4 + 1
    assert slept == [4, 2, 1]


async def test_a_clock_that_is_set_back_goes_on_with_its_new_time() -> None:
    clock = FakeClock(NOON)
    grid = Grid(5, clock)

    async def set_back(seconds: float) -> None:
        clock.time -= 3600
        del clock.sleep

    await grid.tick()
    clock.sleep = set_back  # type: ignore[method-assign]
    assert await grid.tick() == (NOON - 3600) / 5 + 2
    assert clock.time == NOON - 3600 + 10
    assert grid.skipped == 0


async def test_the_machines_clock_shows_unix_time_and_can_sleep() -> None:
    before = time.time()
    await SystemClock().sleep(0)
    assert before <= SystemClock().now() <= time.time()
