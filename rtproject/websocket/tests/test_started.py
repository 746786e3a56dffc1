"""Coroutines that are started by hand."""

import asyncio

import pytest

from rtproject.websocket.started import Started
from rtproject.websocket.tests.helpers import settle, soon


async def at_once(value):
    """Returns without having waited."""
    return value


async def two_waits(gate):
    """Waits twice: for a turn of the loop, and for `gate`."""
    await asyncio.sleep(0)
    await gate.wait()
    return "done"


async def awaited(awaitable):
    """Awaits it in whatever task this runs in."""
    return await awaitable


def test_what_need_not_wait_is_done_at_once():
    """No loop is needed for a coroutine that never waits, and its value is there."""
    started = Started(at_once(7))
    assert started.done
    assert started.value == 7


async def test_what_is_done_can_be_awaited_all_the_same():
    """Who does not ask first gets the value too, as often as it likes."""
    started = Started(at_once(7))
    assert [await started, await started] == [7, 7]


def test_what_fails_at_once_raises_at_once():
    """An error before the first wait comes out where the coroutine is started."""

    async def fail():
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        Started(fail())


async def test_the_rest_is_awaited_through_every_wait():
    """What has to wait is not done; awaiting it waits as often as it does, and gives its value."""
    gate = asyncio.Event()
    started = Started(two_waits(gate))
    assert not started.done
    rest = asyncio.create_task(awaited(started))
    await settle()
    assert not rest.done()
    gate.set()
    assert await soon(rest) == "done"


async def test_the_rest_may_run_in_another_task():
    """A future that was waited for in one task is waited for on in the next: the point of it all."""
    future = asyncio.get_running_loop().create_future()
    started = await asyncio.create_task(make_started(future))
    rest = asyncio.create_task(awaited(started))
    await settle()
    future.set_result("late")
    assert await soon(rest) == "late"


async def make_started(future):
    """Starts to wait for `future`, in a task that ends before the future is done."""
    return Started(awaited(future))


async def test_a_future_that_was_done_in_between_is_no_problem():
    """What is waited for may come before anybody awaits the rest."""
    future = asyncio.get_running_loop().create_future()
    started = Started(awaited(future))
    future.set_result("early")
    assert await soon(started) == "early"


async def test_an_error_of_the_rest_is_raised_where_it_is_awaited():
    """It does not get lost between the two parts."""

    async def fail_late():
        await asyncio.sleep(0)
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        await soon(Started(fail_late()))


async def test_a_cancellation_reaches_the_coroutine():
    """It can clean up after itself, and the task that awaited it is cancelled."""
    cleaned = asyncio.Event()

    async def clean():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    rest = asyncio.create_task(awaited(Started(clean())))
    await settle()
    rest.cancel()
    await asyncio.wait({rest})
    assert rest.cancelled()
    assert cleaned.is_set()


async def test_a_timeout_is_a_timeout():
    """`asyncio.timeout` around the rest ends it as it would end the coroutine itself."""
    started = Started(asyncio.Event().wait())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await started
