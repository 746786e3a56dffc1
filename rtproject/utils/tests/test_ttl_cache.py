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
    """Counted from the time at which its computation began."""
    now = [0.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
    cache = TTLCache(source.ask, SECONDS)
    assert [await cache.get(), await cache.get()] == [1, 1]
    now[0] += SECONDS - 0.1
    assert await cache.get() == 1
    now[0] += 0.1
    assert await cache.get() == 2


async def test_without_seconds_an_answer_is_of_a_computation_that_began_after_the_call(source):
    """The callers during one share the next."""
    cache = TTLCache(source.ask)
    source.ready.clear()
    first = asyncio.create_task(cache.get())
    await asyncio.sleep(0)
    later = [asyncio.create_task(cache.get()) for _ in range(3)]
    await asyncio.sleep(0)
    source.ready.set()
    assert await asyncio.gather(first, *later) == [1, 2, 2, 2]
    assert await cache.get() == 3


async def test_each_key_has_an_answer_and_a_failure_is_not_kept():
    asked = []

    async def ask(key):
        asked.append(key)
        if len(asked) == 1:
            raise KeyError
        return key

    cache = TTLCache(ask, SECONDS)
    with pytest.raises(KeyError):
        await cache.get("a")
    assert [await cache.get(key) for key in "abab"] == list("abab")
    assert asked == ["a", "a", "b"]
