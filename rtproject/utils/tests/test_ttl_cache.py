"""One answer for all callers within a few seconds."""

import asyncio

import pytest

from rtproject.utils.ttl_cache import TTLCache

SECONDS = 3.0


class Source:
    """Counts how often it is asked; each answer waits until `ready` is set."""

    def __init__(self):
        self.asked = 0
        self.ready = asyncio.Event()
        self.ready.set()

    async def ask(self):
        await self.ready.wait()
        self.asked += 1
        return self.asked


@pytest.fixture
async def source():
    return Source()


async def test_callers_share_an_answer_although_one_of_them_is_cancelled(source):
    """However many they are."""
    cache = TTLCache(source.ask, SECONDS)
    source.ready.clear()
    first, *others = (asyncio.create_task(cache.get()) for _ in range(100))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.ready.set()
    assert await asyncio.gather(*others) == [1] * 99


async def test_an_answer_holds_for_some_seconds(source, monkeypatch):
    """Counted from the time it came, not from the time it was asked for."""
    now = [0.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
    cache = TTLCache(source.ask, SECONDS)
    assert [await cache.get(), await cache.get()] == [1, 1]
    now[0] += SECONDS - 0.1
    assert await cache.get() == 1
    now[0] += 0.1
    assert await cache.get() == 2
