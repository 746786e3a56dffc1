"""Attempts at passwords: which are hashed, which count, and which wait."""

import asyncio
from collections import Counter

import pytest

from rooms.access import attempts
from rooms.access.attempts import PasswordAttempt
from rooms.models import Room, matches
from rooms.tests.access.support import HERE, THERE, guarded
from rooms.tests.wire import SECRET, let_in, next_frame, refusal
from rtproject.tests.support.servers import Daphne
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.throttling.rates import Rate
from rtproject.websocket.throttling.shared import SharedWindow

FORBIDDEN, RATE_LIMITED = CloseCode.FORBIDDEN, CloseCode.RATE_LIMITED


class Queue:
    """Stand in for the hash queue. It computes at once unless it is full or has no worker."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []  # passwords, and whether they had low priority
        self.full = self.broken = False

    async def matches(self, raw: str, encoded: str, low_priority: bool) -> bool | None:
        """See `HashQueue`."""
        self.asked.append((raw, low_priority))
        await asyncio.sleep(0)
        if self.broken:
            raise LayerUnavailable
        return None if self.full else matches(raw, encoded)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The hash queue, with a limit of three wrong passwords a minute."""
    queue = Queue()
    monkeypatch.setattr(attempts, "current_hash_queue", lambda: queue)
    monkeypatch.setattr(attempts, "wrong_passwords", SharedWindow("tests", Rate(3, 60.0), [], "tests"))
    return queue


async def check(room: Room, raw: str, address: str | None = HERE) -> CloseCode | None:
    """Return the outcome of an attempt."""
    return await PasswordAttempt(room, raw, address).check()


@pytest.mark.usefixtures("queue")
class TestLimit:
    async def test_after_too_many_wrong_ones_nothing_is_hashed(self, queue: Queue) -> None:
        """Even the right one is refused, verified or not, so that an attempt tells nothing."""
        room = guarded()
        assert await check(room, "secret123", THERE) is None
        assert [await check(room, f"wrong {number}") for number in range(3)] == [FORBIDDEN] * 3
        queue.asked.clear()
        for raw in ("secret123", "wrong 0", "another", "secret123\0"):
            assert await check(room, raw) == RATE_LIMITED
        assert queue.asked == []

    async def test_addresses_and_rooms_count_for_themselves(self) -> None:
        """A room's name has no case. A caller inside the process has no address and no limit."""
        for _ in range(3):
            await check(guarded("VIP"), "wrong")
            await check(guarded("VIP"), "wrong", None)
        assert await check(guarded("vip"), "secret123") == RATE_LIMITED
        assert await check(guarded("VIP"), "secret123", THERE) is None
        assert await check(guarded("VIP"), "secret123", None) is None
        assert await check(guarded("other"), "wrong") == FORBIDDEN

    @pytest.mark.parametrize("raw", ["secret123\0", "\ud800"])
    async def test_what_cannot_be_a_password_counts_without_a_hash(self, queue: Queue, raw: str) -> None:
        """HMAC would take a NUL at the end for its own padding."""
        assert [await check(guarded(), raw) for _ in range(4)] == [FORBIDDEN] * 3 + [RATE_LIMITED]
        assert queue.asked == []

    @pytest.mark.parametrize("raw", ["wrong", "wrong {}"])
    async def test_a_burst_gets_no_more_tries(self, queue: Queue, raw: str) -> None:
        """Whether all try the same or not."""
        room = guarded()
        codes = await asyncio.gather(*(check(room, raw.format(number)) for number in range(20)))
        assert Counter(codes) == {FORBIDDEN: 3, RATE_LIMITED: 17}
        assert len(queue.asked) <= 3

    async def test_a_client_that_leaves_early_is_counted(self) -> None:
        """Hanging up before the answer gains no one a try."""
        tasks = [asyncio.create_task(check(guarded(), f"wrong {number}")) for number in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        assert await check(guarded(), "secret123") == RATE_LIMITED

    async def test_what_was_not_looked_at_does_not_count(self, queue: Queue) -> None:
        """An attempt without a turn or a worker is not counted."""
        queue.full = True
        assert [await check(guarded(), "secret123") for _ in range(5)] == [RATE_LIMITED] * 5
        queue.broken = True
        assert [await check(guarded(), "secret123") for _ in range(5)] == [CloseCode.UNAVAILABLE] * 5
        queue.full = queue.broken = False
        assert await check(guarded(), "secret123") is None


class TestVerified:
    async def test_a_right_password_is_hashed_once(self, queue: Queue) -> None:
        """It counts for no address, even before it is verified, and opens no other room."""
        room = guarded()
        for _ in range(2):
            assert await asyncio.gather(*(check(room, "secret123") for _ in range(50))) == [None] * 50
        assert queue.asked == [("secret123", False)]
        assert await check(guarded("other", "another", pk=2), "secret123") == FORBIDDEN

    async def test_a_wrong_password_is_hashed_each_time(self, queue: Queue) -> None:
        """A quick answer would reveal an earlier attempt. Simultaneous attempts share a hash."""
        room = guarded()
        for count in (1, 20):
            codes = await asyncio.gather(*(check(room, "old", f"192.0.2.{n}") for n in range(count)))
            assert codes == [FORBIDDEN] * count
        assert queue.asked == [("old", False)] * 2

    @pytest.mark.usefixtures("queue")
    async def test_a_changed_password_is_not_verified_any_more(self) -> None:
        """The new one is right though it was wrong before."""
        room = guarded()
        assert [await check(room, raw) for raw in ("secret123", "other")] == [None, FORBIDDEN]
        room.set_password("other")
        assert [await check(room, raw) for raw in ("secret123", "other")] == [FORBIDDEN, None]

    @pytest.mark.usefixtures("queue")
    async def test_the_number_of_verified_passwords_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "MAX_VERIFIED", 2)
        monkeypatch.setattr(attempts, "verified_passwords", {})
        for name in ("one", "two", "three"):
            assert await check(guarded(name), "secret123") is None
        assert len(attempts.verified_passwords) == 2


class TestPriority:
    async def test_addresses_that_failed_have_low_priority(self, queue: Queue) -> None:
        """Failures in any room count, also without a turn, from the start of a burst."""
        queue.full = True
        for _ in range(2):
            await check(guarded(), "secret123")
        queue.full = False
        await asyncio.gather(*(check(guarded("other"), f"wrong {number}") for number in range(2)))
        await check(guarded(), "wrong", THERE)
        assert [low_priority for _, low_priority in queue.asked] == [False, False, False, True, False]

    async def test_a_right_password_is_no_failure(self, queue: Queue) -> None:
        """It does not wait for an attempt with the same password and low priority."""
        for number in range(3):
            await check(guarded(), f"wrong {number}")
        for _ in range(5):
            queue.asked.clear()
            room = guarded()
            await asyncio.gather(check(room, "secret123", "192.0.2.3"), check(room, "secret123", THERE))
            assert queue.asked == [("secret123", False)]


async def code_of(server: Daphne, address: str, **query: object) -> int | None:
    """Return the code that a client of a real server is refused with."""
    headers = {"X-Forwarded-For": address}
    return await refusal(server.connect("/ws/VIP", query, additional_headers=headers, open_timeout=60))


class TestServers:
    async def test_two_processes_count_together(self, new_site, start_server, valkey):
        """A burst at both gains no one a try, neither over sockets nor on the page."""
        site = new_site(REDIS_URL=valkey.url, ROOMS_PASSWORD_ATTEMPTS="4/hour")
        servers = [start_server(Daphne, site=site) for _ in range(2)]
        await asyncio.to_thread(let_in, servers[0], "VIP", "another-wrong-one")
        burst = [code_of(server, HERE, **{"pass": f"wrong {n}"}) for n in range(20) for server in servers]
        codes = Counter(await asyncio.gather(*burst))
        assert set(codes) <= {4003, 4101}
        assert codes[4003] <= 3
        for server in servers:
            assert await code_of(server, HERE, **SECRET) == 4101
            headers = {"Cookie": await asyncio.to_thread(let_in, server, "VIP", "secret123")}
            assert await refusal(server.connect("/ws/VIP", additional_headers=headers)) == 4003

    async def test_no_one_is_refused_for_the_attempts_of_others(self, start_server):
        """A verified password needs no hash while many addresses try others without pause."""
        server = start_server(TRUSTED_PROXIES=1)

        async def attack(number: int) -> None:
            while True:
                assert await code_of(server, f"198.51.100.{number}", **{"pass": number}) in (4003, 4101)

        async with server.connect("/ws/VIP", SECRET) as client:
            await next_frame(client)
        attackers = [asyncio.create_task(attack(number)) for number in range(30)]
        await server.wait_for_log("refused with 4101")
        for _ in range(3):
            async with server.connect("/ws/VIP", SECRET, open_timeout=60) as client:
                assert (await next_frame(client))["type"] == "welcome"
        assert not any(attacker.done() for attacker in attackers)
        for attacker in attackers:
            attacker.cancel()
        await asyncio.wait(attackers)
