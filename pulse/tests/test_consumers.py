"""Pulses that a client of /stats gets."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.db import OperationalError
from pytest_django import Settings

from pulse import consumers
from pulse.protocol import GROUP, STRAY_TICKS, encode, moment
from pulse.storage.replay import StoredPulse
from pulse.tests.clients import TIMEOUT, connected, stats
from pulse.tests.support import pulse, send_pulse, store_host, warnings
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupEvent, broadcast, current_registry
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.failure_log import FailureLog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_connections_closed")]

NEWEST = [("a", 3), ("b", 3)]


@pytest.fixture(autouse=True)
def _no_replay_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "REPLAY_TIMEOUT", TIMEOUT)


@pytest.fixture
async def two_hosts() -> None:
    """The hosts `a` and `b` with three samples each; those of `b` are a second younger."""
    now = time.time()
    for host, lag in (("a", 1), ("b", 0)):
        await sync_to_async(store_host)(
            host, *((seq, now - 5 * (3 - seq) - lag) for seq in (1, 2, 3)), interval=60
        )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, NEWEST),
        ({"history": 0}, []),
        ({"history": 2}, [("a", 2), ("b", 2), ("a", 3), ("b", 3)]),
        ({"history": 720}, [(host, seq) for seq in (1, 2, 3) for host in ("a", "b")]),
        ({"history": 2, "host": "b"}, [("b", 2), ("b", 3)]),
        ({"host": ""}, NEWEST),
        *(
            ({"history": text}, NEWEST)
            for text in ("", "-1", "721", "many", "1.5", "\uff13", "1" * 5000, "2\0")
        ),
    ],
)
async def test_stored_samples_come_first_and_oldest_first(
    two_hosts: None, query: dict[str, object], expected: list[tuple[str, int]]
) -> None:
    """A `history` that is malformed or out of range counts as absent."""
    async with connected(**query) as client:
        await send_pulse("b", 4)
        received = [await client.next() for _ in (*expected, "live")]
    assert received == [*expected, ("b", 4)]


async def test_live_pulses_are_forwarded_once_for_each_host_and_tick(two_hosts: None) -> None:
    async with connected() as client:
        for host, seq in (("a", 3), ("a", 4), ("c", 7), ("c", 7), ("c", 8), ("c", 7), ("c", 8), ("b", 4)):
            await send_pulse(host, seq)
        assert await client.rest() == [*NEWEST, ("a", 4), ("c", 7), ("c", 8), ("b", 4)]


async def test_a_text_that_other_code_broadcasts_is_forwarded_as_it_is() -> None:
    async with connected() as client:
        await broadcast(GROUP, '{"type": "other"}')
        assert await client.next_frame() == {"type": "other"}


@pytest.mark.parametrize("host", ["c", "b\0", "b" * 5000])
async def test_with_host_only_its_pulses_are_forwarded(two_hosts: None, host: str) -> None:
    async with connected(host=host) as client:
        for name in ("a", host.upper(), host):
            await send_pulse(name, 4)
        assert await client.next() == (host, 4)


async def test_a_host_whose_clock_was_set_back_is_still_forwarded() -> None:
    async with connected() as client:
        for seq in (100, 100 - STRAY_TICKS, 101 - STRAY_TICKS):
            await send_pulse("a", seq)
        assert await client.rest() == [("a", 100), ("a", 90), ("a", 91)]


async def test_pulses_that_come_during_the_replay_are_sent_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = asyncio.Event()

    class Other:
        def deliver(self, event: GroupEvent) -> None:
            if event.tags["seq"] == 4:
                arrived.set()

    async def meanwhile(count: int, host: str | None) -> list[StoredPulse]:
        await current_registry().join(GROUP, Other())
        await send_pulse("a", 3)
        await send_pulse("a", 4)
        await asyncio.wait_for(arrived.wait(), TIMEOUT)  # the client joined before, so it has them too
        return [StoredPulse(moment(seq), "a", seq, Frame(encode(pulse("a", seq)))) for seq in (1, 2, 3)]

    monkeypatch.setattr(consumers, "stored_pulses", meanwhile)
    async with connected(history=3) as client:
        assert [await client.next() for _ in range(4)] == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]


async def test_without_the_store_live_pulses_are_sent_and_one_line_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(count: int, host: str | None) -> list[StoredPulse]:
        raise OperationalError("gone")

    monkeypatch.setattr(consumers, "reading_samples", FailureLog("reading stored pulses"))
    monkeypatch.setattr(consumers, "stored_pulses", fail)
    async with connected() as first, connected() as second:
        await send_pulse("a", 1)
        assert await first.next() == await second.next() == ("a", 1)
    assert warnings(caplog) == ["reading stored pulses fails, and is tried again: OperationalError: gone"]


async def test_with_a_store_that_hangs_live_pulses_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(count: int, host: str | None) -> list[StoredPulse]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(consumers, "REPLAY_TIMEOUT", 0)
    monkeypatch.setattr(consumers, "stored_pulses", hang)
    async with connected() as client:
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)


async def test_frames_from_the_client_are_ignored() -> None:
    async with connected() as client:
        for text in ("hello", "{", '{"type": "say"}', "\0"):
            await client.send_to(text_data=text)
        await client.send_to(bytes_data=b"\xff\0")
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"user": AnonymousUser()},
        {"user": User(username="u")},
        {"user": User(username="s", is_staff=True, is_active=False)},
    ],
    ids=["no user", "anonymous", "user", "inactive staff"],
)
async def test_with_pulse_public_off_only_staff_is_let_in(
    scope: dict[str, User | AnonymousUser], settings: Settings
) -> None:
    async with connected(scope):
        pass
    settings.PULSE_PUBLIC = False
    assert await stats(scope).connect() == (False, CloseCode.FORBIDDEN)
    async with connected({"user": User(username="s", is_staff=True)}) as client:
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)
