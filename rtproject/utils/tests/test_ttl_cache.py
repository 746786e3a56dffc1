"""One look for all who ask within a few seconds."""

import asyncio

import pytest

from rtproject.utils.ttl_cache import TTLCache

SECONDS = 3.0


class Looks:
    """Counts the looks that are taken; each waits until `ready` is set."""

    def __init__(self):
        self.taken = 0
        self.ready = asyncio.Event()
        self.ready.set()

    async def look(self):
        await self.ready.wait()
        self.taken += 1
        return self.taken


@pytest.fixture
async def looks():
    return Looks()


@pytest.fixture
async def clock(monkeypatch):
    """The loop's clock, which stands still but for what a test adds to it."""
    time = [0.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: time[0])
    return time


async def test_all_who_ask_meanwhile_share_a_look(looks):
    """However many they are."""
    shared = TTLCache(looks.look, SECONDS)
    looks.ready.clear()
    asking = [asyncio.create_task(shared.get()) for _ in range(100)]
    await asyncio.sleep(0)
    looks.ready.set()
    assert await asyncio.gather(*asking) == [1] * 100


async def test_an_answer_holds_for_so_many_seconds(looks, clock):
    """Counted from when it was there, not from when it was asked for."""
    shared = TTLCache(looks.look, SECONDS)
    assert [await shared.get(), await shared.get()] == [1, 1]
    clock[0] += SECONDS - 0.1
    assert await shared.get() == 1
    clock[0] += 0.1
    assert await shared.get() == 2


async def test_whoever_stops_waiting_takes_the_answer_from_nobody(looks):
    """A request may be cancelled while others wait for the same look."""
    shared = TTLCache(looks.look, SECONDS)
    looks.ready.clear()
    first, second = (asyncio.create_task(shared.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    looks.ready.set()
    assert await second == 1
