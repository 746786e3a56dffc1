"""A block that may be told, while it runs, that its time is up."""

import asyncio

import pytest

from rtproject.websocket.patience import Patience
from rtproject.websocket.tests.helpers import settle, soon


async def test_a_block_that_is_given_no_limit_runs_to_its_end():
    """Nothing is different, and its value is what it is."""
    async with Patience():
        result = await asyncio.sleep(0, "done")
    assert result == "done"


async def test_a_block_whose_time_is_up_is_cut_short_and_no_error():
    """What follows is done, in a task that was not cancelled."""
    patience = Patience()

    async def work():
        async with patience:
            patience.ends_in(0.0)
            await asyncio.Event().wait()
        return "went on"

    task = asyncio.create_task(work())
    assert await soon(task) == "went on"
    assert not task.cancelling()


async def test_a_cancellation_stays_one():
    """Whoever cancels the task is obeyed, whether there is a limit or not."""
    patience = Patience()

    async def work():
        async with patience:
            await asyncio.Event().wait()

    for seconds in (None, 60.0):
        task = asyncio.create_task(work())
        await settle()
        if seconds is not None:
            patience.ends_in(seconds)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        patience = Patience()


async def test_an_error_of_the_block_goes_on():
    """Also one that says that time was up: it was another's."""
    with pytest.raises(TimeoutError, match="another"):
        async with Patience():
            raise TimeoutError("another")


async def test_a_limit_that_comes_too_late_limits_nothing():
    """What follows the block is never cut short."""
    patience = Patience()
    async with patience:
        patience.ends_in(60.0)
    patience.ends_in(0.0)
    await settle()
