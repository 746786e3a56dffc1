"""The queue for hashes, and the workers that compute them."""

import asyncio
import os
import threading
from collections.abc import Callable

import psutil
import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2SHA1PasswordHasher, ScryptPasswordHasher
from pytest_django import Settings

from rooms.access import hash_queue
from rooms.access.hash_queue import HashQueue, matches_in_worker
from rooms.tests.support import TIMEOUT, QuickHasher
from rtproject.websocket.exceptions import LayerUnavailable

ENCODED = QuickHasher().encode("secret123", "salt")
ENDLESS = "pbkdf2_sha256$2000000000$salt$hash"


class Hashes:
    """Stand in for the workers' hashes, each of which takes until it is released."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.released = threading.Semaphore(0)
        self._loop = asyncio.get_running_loop()

    def compute(self, raw: str, encoded: str) -> bool:
        """Compute a hash in a thread."""
        self._loop.call_soon_threadsafe(self.begun.put_nowait, raw)
        return self.released.acquire(timeout=TIMEOUT)

    async def next(self) -> str:
        """The next one that begins."""
        return await asyncio.wait_for(self.begun.get(), TIMEOUT)


@pytest.fixture
async def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    """Made on the test's own loop."""
    hashes = Hashes()
    monkeypatch.setattr(hash_queue, "matches_in_worker", hashes.compute)
    monkeypatch.setattr(hash_queue, "TURN_SECONDS", TIMEOUT)
    return hashes


def put(queue: HashQueue, name: str, low_priority: bool = False) -> asyncio.Task[bool | None]:
    """A hash that is in the queue when the loop turns."""
    return asyncio.create_task(queue.matches(name, "", low_priority))


class TestQueue:
    async def test_few_run_at_a_time_and_low_priority_goes_last(self, hashes: Hashes) -> None:
        """Within a priority, first come is first served. The event loop continues meanwhile."""
        queue = HashQueue(at_once=2)
        tasks = [put(queue, name, low_priority=name == "low") for name in ("a", "b", "low", "c", "d")]
        assert {await hashes.next(), await hashes.next()} == {"a", "b"}
        for name in ("c", "d", "low"):
            assert hashes.begun.empty()
            hashes.released.release()
            assert await hashes.next() == name
        hashes.released.release(2)
        assert await asyncio.gather(*tasks) == [True] * 5

    async def test_no_one_waits_for_low_priority(self, hashes: Hashes) -> None:
        """Many of them run one at a time, and fill only their own queue."""
        queue = HashQueue(at_once=1)
        tasks = [put(queue, f"low {number}", low_priority=True) for number in range(40)]
        assert await hashes.next() == "low 0"
        tasks.append(put(queue, "other"))
        assert await hashes.next() == "other"
        hashes.released.release(41)
        await asyncio.gather(*tasks)

    async def test_without_a_turn_in_time_nothing_is_hashed(
        self, hashes: Hashes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full queue refuses at once. Others that wait are not disturbed, and places are freed."""
        monkeypatch.setattr(hash_queue, "MAX_WAITING", 1)
        queue = HashQueue(at_once=1)
        first = put(queue, "first")
        assert await hashes.next() == "first"
        with monkeypatch.context() as hasty:
            hasty.setattr(hash_queue, "TURN_SECONDS", 0.0)
            assert await put(queue, "late") is None
        second = put(queue, "second")
        assert await put(queue, "too many") is None
        hashes.released.release(2)
        assert [await first, await second, await hashes.next()] == [True, True, "second"]


def workers() -> list[psutil.Process]:
    """The worker processes of this one."""
    mine = psutil.Process().children()
    return [child for child in mine if any("hash_worker" in part for part in child.cmdline())]


class TestWorkers:
    def test_a_password_matches_its_own_hash_alone(self) -> None:
        """It agrees with Django for any length. A stored text that is no hash matches nothing."""
        assert matches_in_worker("secret123", ENCODED)
        for raw in ("", "secret124", "x" * 1_000_000):
            assert not matches_in_worker(raw, ENCODED)
        for encoded in ("secret123", "!unusable", "pbkdf2_sha256$5", "pbkdf2_sha256$x$y$z"):
            assert not matches_in_worker("secret123", encoded)

    @pytest.mark.parametrize(
        "encoded",
        [
            ScryptPasswordHasher().encode("secret123", "salt"),
            PBKDF2SHA1PasswordHasher().encode("secret123", "salt", iterations=1),
        ],
    )
    def test_other_hashers_work_as_well(self, settings: Settings, encoded: str) -> None:
        """An installation may have chosen one."""
        settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
        assert matches_in_worker("secret123", encoded)
        assert not matches_in_worker("secret124", encoded)

    def test_a_worker_is_used_again(self) -> None:
        """It has a lower priority than the server, and a process group that Ctrl-C does not reach."""
        matches_in_worker("secret123", ENCODED)
        before = workers()
        assert matches_in_worker("secret123", ENCODED)
        assert workers() == before
        assert before[0].nice() > psutil.Process().nice()
        assert os.getpgid(before[0].pid) != os.getpgid(0)

    @pytest.mark.parametrize("stop", [psutil.Process.suspend, psutil.Process.kill])
    def test_idle_workers_that_hang_or_died_are_replaced(
        self, stop: Callable[[psutil.Process], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Attempts succeed all the same, and no such worker is left."""
        matches_in_worker("secret123", ENCODED)
        before = workers()
        for worker in before:
            stop(worker)
        monkeypatch.setattr(hash_queue, "PING_SECONDS", 0.1)
        assert matches_in_worker("secret123", ENCODED)
        assert not any(worker.is_running() for worker in before)

    @pytest.mark.parametrize("raw", ["secret123", "x" * 1_000_000])
    async def test_a_worker_that_hangs_over_a_hash_is_replaced(
        self, raw: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That attempt is neither right nor wrong; the next one has a turn and a worker."""
        queue = HashQueue(at_once=1)
        with monkeypatch.context() as hasty:
            hasty.setattr(hash_queue, "HASH_SECONDS", 0.1)
            with pytest.raises(LayerUnavailable):
                await queue.matches(raw, ENDLESS, low_priority=False)
        assert await queue.matches("secret123", ENCODED, low_priority=False)

    def test_without_a_worker_no_one_gets_in(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The failure is ours, and logged."""
        for worker in workers():
            worker.kill()
        monkeypatch.setattr("sys.executable", "/unknown/python")
        with pytest.raises(LayerUnavailable):
            matches_in_worker("secret123", ENCODED)
        assert "a password cannot be checked" in caplog.text
