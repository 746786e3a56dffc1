"""A limit that holds over all processes together, with a real Valkey."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from rtproject.tests.support.valkey import Valkey
from rtproject.websocket.redis_client import COMMAND_TIMEOUT, RedisClient
from rtproject.websocket.tests.helpers import PATIENCE, soon
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

KEY = ("room", "192.0.2.1")


@pytest.fixture
def valkeys(valkey):
    """Two servers."""
    other = Valkey()
    yield valkey, other
    other.kill()


@asynccontextmanager
async def tallies(count, rate, *urls):
    """As many processes would have them."""
    made = [SharedWindow("tests", rate, urls) for _ in range(count)]
    try:
        yield made
    finally:
        for tally in made:
            await tally.close()


async def test_without_redis_it_is_this_process_alone():
    """It counts, and two know nothing of each other."""
    async with tallies(2, Rate(1, 60.0)) as (one, two):
        assert await one.take(KEY)
        assert not await one.take(KEY)
        assert await one.exhausted(KEY)
        assert await two.take(KEY)


async def test_what_one_counts_the_others_know(valkey):
    """The count is that of all together, per key, and asking counts nothing."""
    async with tallies(2, Rate(3, 60.0), valkey.url) as (one, two):
        for tally in (one, two, one):
            assert not await two.exhausted(KEY)
            assert await tally.take(KEY)
        assert await one.exhausted(KEY)
        assert await two.exhausted(KEY)
        assert not await two.take(KEY)
        assert await two.take(("room", "192.0.2.2"))


async def test_a_burst_over_all_gets_no_more(valkey):
    """Nobody takes the last try twice."""
    async with tallies(4, Rate(10, 60.0), valkey.url) as made:
        taken = await asyncio.gather(*(tally.take(KEY) for tally in made * 20))
        assert sum(taken) == 10


async def test_what_is_given_back_can_be_taken_elsewhere(valkey):
    """And a refusal has counted nothing anywhere."""
    async with tallies(2, Rate(1, 60.0), valkey.url) as (one, two):
        assert await one.take(KEY)
        assert not await two.take(KEY)
        await one.give_back(KEY)
        assert await two.take(KEY)


async def test_it_is_over_after_the_period(valkey):
    """By Redis's own clock; what does not count any more is not kept."""
    async with tallies(2, Rate(1, 0.2), valkey.url) as (one, two):
        assert await one.take(KEY)
        async with asyncio.timeout(PATIENCE):
            while not await two.take(KEY):  # noqa: ASYNC110 - it is Redis that lets it go
                await asyncio.sleep(0.02)
        line = RedisClient(valkey.url)
        async with asyncio.timeout(PATIENCE):
            while await line.ask("DBSIZE"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await line.close()


async def test_redis_learns_no_address(valkey):
    """Its keys are keyed digests, of one length, and all of them expire."""
    async with tallies(1, Rate(3, 60.0), valkey.url) as (tally,):
        await tally.take(("room", "x" * 5000 + "\r\n"))
        await tally.take(KEY)
        line = RedisClient(valkey.url)
        names = await line.ask("KEYS", "*")
        assert len({len(name) for name in names}) == 1
        assert not any(b"192.0" in name for name in names)
        assert all([0 < await line.ask("PTTL", name) <= 60_000 for name in names])
        await line.close()


async def test_several_redis_share_the_keys(valkeys):
    """Each key is on one of them, the same for all processes."""
    first, second = valkeys
    async with tallies(2, Rate(1, 60.0), first.url, second.url) as (one, two):
        keys = [("room", str(number)) for number in range(20)]
        assert all([await one.take(key) for key in keys])
        assert not any([await two.take(key) for key in keys])
        for server in (first, second):
            line = RedisClient(server.url)
            assert 0 < await line.ask("DBSIZE") < 20
            await line.close()


async def test_without_redis_each_counts_for_itself(valkey, caplog):
    """With what it counted before; nobody else is refused, and the log has one line for it."""
    async with tallies(2, Rate(2, 60.0), valkey.url) as (one, two):
        assert await one.take(KEY)
        valkey.stop()
        assert await one.take(KEY)
        assert not await one.take(KEY)
        assert await one.exhausted(KEY)
        assert [await two.take(KEY) for _ in range(3)] == [True, True, False]
        await one.give_back(KEY)
        assert await one.take(KEY)
        lines = [record.getMessage() for record in caplog.records]
        assert sum("counting in Redis" in line for line in lines) == 2  # one of each


async def test_a_redis_that_is_stalled_holds_nobody_up(valkey):
    """Who asks waits no longer than is said, and who comes after that not at all."""
    loop = asyncio.get_running_loop()
    async with tallies(1, Rate(1000, 60.0), valkey.url) as (tally,):
        assert await tally.take(KEY)
        valkey.pause()
        try:
            began = loop.time()
            assert all(await soon(asyncio.gather(*(tally.take(KEY) for _ in range(200)))))
            assert loop.time() - began < 2 * COMMAND_TIMEOUT + 2  # not for ever, on however busy a machine
        finally:
            valkey.resume()


async def test_after_an_outage_it_is_asked_again(valkey, monkeypatch):
    """A connection that broke is made anew."""
    monkeypatch.setattr("rtproject.websocket.redis_client.PAUSE_SECONDS", 0.0)
    async with tallies(2, Rate(1, 60.0), valkey.url) as (one, two):
        assert await one.take(("room", "before"))
        valkey.restart()
        async with asyncio.timeout(PATIENCE):
            number = 0
            while True:
                key = ("room", str(number := number + 1))
                await one.take(key)
                if not await two.take(key):
                    break


async def test_a_redis_that_obeys_nobody_is_out_of_reach(valkey):
    """A replica, or one whose memory is full, is no reason to let everybody guess, nor to refuse anybody."""
    line = RedisClient(valkey.url)
    await line.ask("REPLICAOF", "127.0.0.1", "1")
    await line.close()
    async with tallies(1, Rate(1, 60.0), valkey.url) as (tally,):
        assert await tally.take(KEY)
        assert not await tally.take(KEY)


async def test_a_rate_of_zero_asks_nobody(valkey):
    """0 turns the limit off."""
    valkey.stop()
    async with tallies(1, Rate(0, 60.0), valkey.url) as (tally,):
        assert all([await tally.take(KEY) for _ in range(100)])
        assert not await tally.exhausted(KEY)
        await tally.give_back(KEY)
