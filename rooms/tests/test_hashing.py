"""Turns to compute password hashes."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from rooms import hashing
from rooms.hashing import Lane, Lanes
from rooms.tests.support import PATIENCE


class Work:
    """Hashes that take until they are released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.threads: set[int] = set()
        self.told: dict[str, bool] = {}  # by name, whether it is to be leisurely
        self._loop = asyncio.get_running_loop()

    def named(self, name: str) -> Callable[[bool], bool]:
        """One of them."""

        def work(leisurely: bool) -> bool:
            self.told[name] = leisurely
            self.threads.add(threading.get_ident())
            self._loop.call_soon_threadsafe(self.begun.put_nowait, name)
            return self.released.wait(PATIENCE)

        return work

    async def next(self) -> str:
        """The name of the next one that begins."""
        return await asyncio.wait_for(self.begun.get(), PATIENCE)


@pytest.fixture
async def work() -> Work:
    """Made on the test's own loop."""
    return Work()


async def test_a_hash_is_computed_off_the_loop(work: Work) -> None:
    """The event loop goes on, and no more hashes than there are threads are under way, in the order of arrival."""
    lane = Lane(2)
    tasks = [asyncio.create_task(lane.run(work.named(name))) for name in "abcd"]
    assert {await work.next(), await work.next()} == {"a", "b"}
    assert work.begun.empty()
    work.released.set()
    assert await asyncio.gather(*tasks) == [True] * 4
    assert [await work.next(), await work.next()] == ["c", "d"]
    assert threading.get_ident() not in work.threads


async def test_who_waits_too_long_gets_no_turn(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is its hash computed later, nor does its place stay taken."""
    monkeypatch.setattr(hashing, "TURN_SECONDS", 0.01)
    lane = Lane(1)
    first = asyncio.create_task(lane.run(work.named("first")))
    await work.next()
    assert await lane.run(work.named("late")) is None
    work.released.set()
    assert await first
    assert await lane.run(work.named("next"))
    assert await work.next() == "next"


async def test_the_queue_is_bounded(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes to a full one is turned away at once, and those who wait are not disturbed."""
    monkeypatch.setattr(hashing, "MOST_WAITING", 2)
    lane = Lane(1)
    tasks = [asyncio.create_task(lane.run(work.named(name))) for name in "abcd"]
    assert await tasks[3] is None
    work.released.set()
    assert await asyncio.gather(*tasks[:3]) == [True] * 3


async def test_suspects_keep_nobody_else_waiting(work: Work) -> None:
    """However many of them there are."""
    lanes = Lanes()
    suspects = [asyncio.create_task(lanes.run(work.named("suspect"), suspect=True)) for _ in range(50)]
    assert await work.next() == "suspect"
    other = asyncio.create_task(lanes.run(work.named("other"), suspect=False))
    assert await work.next() == "other"
    work.released.set()
    assert await other
    for task in suspects:
        task.cancel()


async def test_a_hash_that_others_wait_behind_is_leisurely(work: Work) -> None:
    """And one that nobody waits behind is not: on a busy machine that would take long, and be of use to nobody."""
    lane = Lane(1)
    work.released.set()
    tasks = [asyncio.create_task(lane.run(work.named(name))) for name in "abc"]
    await asyncio.gather(*tasks)
    await lane.run(work.named("alone"))
    assert work.told == {"a": False, "b": True, "c": False, "alone": False}


async def test_a_hash_of_a_suspect_is_leisurely(work: Work) -> None:
    """Also if it is the only one."""
    lanes = Lanes()
    work.released.set()
    await lanes.run(work.named("suspect"), suspect=True)
    await lanes.run(work.named("other"), suspect=False)
    assert work.told == {"suspect": True, "other": False}


async def test_a_lane_rests_as_long_as_it_is_told() -> None:
    """A hash that follows another begins later than it ended, by a multiple of what that one took."""
    lane, loop = Lane(1, rest=3.0), asyncio.get_running_loop()
    times: list[float] = []

    def work(leisurely: bool) -> bool:
        times.append(loop.time())
        threading.Event().wait(0.02)
        times.append(loop.time())
        return True

    await asyncio.gather(lane.run(work), lane.run(work))
    assert times[2] - times[1] >= 2.9 * (times[1] - times[0])


async def test_a_slow_hash_is_followed_by_no_long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody would have a turn within TURN_SECONDS."""
    monkeypatch.setattr(hashing, "MOST_REST_SECONDS", 0.01)
    lane = Lane(1, rest=3600.0)
    async with asyncio.timeout(PATIENCE):
        assert [await lane.run(lambda _: True) for _ in range(3)] == [True] * 3


def test_a_nul_is_no_part_of_a_password() -> None:
    """HMAC would take it for the padding that it adds itself."""
    assert not hashing.matches("secret123\0", "whatever")
    assert not hashing.matches(None, "whatever")
