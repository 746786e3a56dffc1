"""A limit over all processes together, with a real Valkey."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count

from rtproject.tests.support.valkey import Valkey
from rtproject.websocket.redis_client import COMMAND_TIMEOUT, RedisClient
from rtproject.websocket.tests.helpers import TIMEOUT, soon
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

KEY = ("room", "192.0.2.1")


@asynccontextmanager
async def windows(count, rate, *urls):
    """One for each of `count` processes."""
    made = [SharedWindow("tests", rate, urls, prefix="site") for _ in range(count)]
    try:
        yield made
    finally:
        for window in made:
            await window.close()


async def ask(url, *command):
    """Send one command to the server at `url`; return its answer."""
    client = RedisClient(url, "asking")
    try:
        return await client.ask(*command)
    finally:
        await client.close()


async def test_without_a_redis_url_each_process_counts_for_itself():
    """Two processes do not share anything."""
    async with windows(2, Rate(1, 60.0)) as (one, two):
        assert await one.take(KEY)
        assert not await one.take(KEY)
        assert await one.exhausted(KEY)
        assert await two.take(KEY)


async def test_all_processes_share_one_count(valkey):
    """Per key; asking counts nothing, and what one gives back another can take."""
    async with windows(2, Rate(3, 60.0), valkey.url) as (one, two):
        for window in (one, two, one):
            assert not await two.exhausted(KEY)
            assert await window.take(KEY)
        assert await one.exhausted(KEY)
        assert await two.exhausted(KEY)
        assert not await two.take(KEY)
        assert await two.take(("room", "192.0.2.2"))
        await one.give_back(KEY)
        assert await two.take(KEY)
        assert not await two.take(KEY)


async def test_a_burst_over_all_processes_gets_no_more(valkey):
    """The last event is not granted twice."""
    async with windows(4, Rate(10, 60.0), valkey.url) as made:
        assert sum(await asyncio.gather(*(window.take(KEY) for window in made * 20))) == 10


async def test_an_event_counts_for_the_period(valkey):
    """By Redis's own clock; what does not count any more is not kept."""
    async with windows(2, Rate(1, 0.2), valkey.url) as (one, two), asyncio.timeout(TIMEOUT):
        assert await one.take(KEY)
        while not await two.take(KEY):  # noqa: ASYNC110 - Redis has no event for it
            await asyncio.sleep(0.02)
        while await ask(valkey.url, "DBSIZE"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_an_event_in_the_future_counts_no_more(valkey):
    """The clock of Redis was set back, or another one took over."""
    async with windows(2, Rate(1, 60.0), valkey.url) as (one, two):
        assert await one.take(KEY)
        [name] = await ask(valkey.url, "KEYS", "*")
        await ask(valkey.url, "LSET", name, 0, int(await ask(valkey.url, "LINDEX", name, 0)) + 10**9)
        assert not await two.exhausted(KEY)
        assert await two.take(KEY)
        assert await two.exhausted(KEY)


async def test_redis_learns_no_address(valkey):
    """Its keys are keyed digests behind the prefix of the site, of one length, and all of them expire."""
    async with windows(1, Rate(3, 60.0), valkey.url) as (window,):
        await window.take(("room", "x" * 5000 + "\r\n"))
        await window.take(KEY)
        names = await ask(valkey.url, "KEYS", "*")
        assert len({len(name) for name in names}) == 1
        assert all(name.startswith(b"site:window:") for name in names)
        assert not any(b"192.0" in name for name in names)
        assert all([0 < await ask(valkey.url, "PTTL", name) <= 60_000 for name in names])


async def test_several_redis_share_the_keys(valkey):
    """Each key is on one of them, the same for all processes."""
    other = Valkey()
    try:
        urls = valkey.url, other.url
        async with windows(2, Rate(1, 60.0), *urls) as (one, two):
            keys = [("room", str(number)) for number in range(20)]
            assert all([await one.take(key) for key in keys])
            assert not any([await two.take(key) for key in keys])
            assert all([0 < await ask(url, "DBSIZE") < 20 for url in urls])
    finally:
        other.kill()


async def test_while_redis_is_out_of_reach_each_process_counts_for_itself(valkey, caplog):
    """It includes what it counted before, and each process logs one line."""
    async with windows(2, Rate(2, 60.0), valkey.url) as (one, two):
        assert await one.take(KEY)
        valkey.stop()
        assert await one.take(KEY)
        assert not await one.take(KEY)
        assert await one.exhausted(KEY)
        assert [await two.take(KEY) for _ in range(3)] == [True, True, False]
        await one.give_back(KEY)
        assert await one.take(KEY)
        assert sum("counting in Redis" in line for line in caplog.messages) == 2


async def test_a_redis_that_hangs_delays_no_one_for_long(valkey):
    """The first caller waits for a limited time, and later ones do not wait."""
    loop = asyncio.get_running_loop()
    async with windows(1, Rate(1000, 60.0), valkey.url) as (window,):
        assert await window.take(KEY)
        valkey.pause()
        try:
            began = loop.time()
            assert all(await soon(asyncio.gather(*(window.take(KEY) for _ in range(200)))))
            assert loop.time() - began < COMMAND_TIMEOUT + 30  # a multiple of it would be far more
        finally:
            valkey.resume()


async def test_after_a_restart_redis_is_asked_again(valkey, monkeypatch):
    """A broken connection is replaced."""
    monkeypatch.setattr("rtproject.websocket.redis_client.PAUSE_SECONDS", 0.0)
    async with windows(2, Rate(1, 60.0), valkey.url) as (one, two), asyncio.timeout(TIMEOUT):
        assert await one.take(("room", "before"))
        valkey.restart()
        for number in count():
            await one.take(("room", str(number)))
            if not await two.take(("room", str(number))):
                break


async def test_a_redis_that_takes_no_writes_counts_as_out_of_reach(valkey):
    """A replica, or one whose memory is full, neither lifts the limit nor refuses everyone."""
    await ask(valkey.url, "REPLICAOF", "127.0.0.1", "1")
    async with windows(1, Rate(1, 60.0), valkey.url) as (window,):
        assert await window.take(KEY)
        assert not await window.take(KEY)
