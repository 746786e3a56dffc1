"""What a client of /stats sees."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.db import OperationalError, connections
from pytest_django import Settings

from pulse import consumers
from pulse.consumers import PulseConsumer
from pulse.models import Sample
from pulse.protocol import GROUP, STRAY_TICKS
from pulse.sampling.worker import current_embedded, ensure_embedded
from pulse.tests.clients import Heard, connected
from pulse.tests.support import send_pulse, store_pulses, stored
from rtproject.utils.failure_log import FailureLog
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupRegistry, current_registry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _no_connection_is_left_open() -> AsyncIterator[None]:
    """Channels' communicator keeps `database_sync_to_async` from closing; PostgreSQL then cannot drop the database."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture(autouse=True)
def _no_outage_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "reading_samples", FailureLog("reading stored pulses"))


store = sync_to_async(store_pulses)


@pytest.fixture
async def two_hosts() -> None:
    """Two hosts, `a` and `b`, with three stored samples each; b's are a second younger."""
    now = time.time()
    for host, lag in (("a", 1), ("b", 0)):
        await store(host, *((seq, now - 5 * (3 - seq) - lag) for seq in (1, 2, 3)))


async def test_nothing_is_sent_while_no_worker_runs() -> None:
    await store("a", (1, time.time() - 3600))
    async with connected() as client:
        assert await client.rest() == []


async def test_a_host_that_beats_slowly_is_there_between_its_pulses(settings: Settings) -> None:
    settings.PULSE_INTERVAL = 1.0
    await store("slow", (1, time.time() - 40), interval=60.0)
    async with connected() as client:
        assert await client.rest() == [("slow", 1)]


async def test_the_newest_stored_sample_of_each_host_is_sent_at_once(two_hosts: None) -> None:
    async with connected() as client:
        assert await client.rest() == [("a", 3), ("b", 3)]


async def test_history_asks_for_more_and_comes_oldest_first(two_hosts: None) -> None:
    async with connected(history=2) as client:
        assert await client.rest() == [("a", 2), ("b", 2), ("a", 3), ("b", 3)]


async def test_a_history_of_zero_asks_for_live_pulses_alone(two_hosts: None) -> None:
    async with connected(history=0) as client:
        assert await client.rest() == []


async def test_a_history_of_720_is_the_most(two_hosts: None) -> None:
    async with connected(history=720) as client:
        assert len(await client.rest()) == 6


@pytest.mark.parametrize("history", ["", "-1", "721", "many", "1.5", "\uff13", "1" * 5000, "2\0"])
async def test_a_history_that_is_malformed_or_out_of_range_counts_as_absent(
    history: str, two_hosts: None
) -> None:
    async with connected(history=history, host="a") as client:
        await send_pulse("a", 4)
        assert [await client.next(), await client.next()] == [("a", 3), ("a", 4)]


async def test_pulses_are_forwarded_as_they_come() -> None:
    async with connected() as client:
        await send_pulse("a", 1)
        await send_pulse("a", 2)
        await send_pulse("b", 1)
        assert await client.rest() == [("a", 1), ("a", 2), ("b", 1)]


async def test_host_keeps_the_stored_and_the_live_pulses_of_that_host_alone(two_hosts: None) -> None:
    async with connected(host="b") as client:
        await send_pulse("a", 4)
        await send_pulse("B", 4)
        await send_pulse("b", 4)
        assert [await client.next(), await client.next()] == [("b", 3), ("b", 4)]


@pytest.mark.parametrize("host", ["b\0", "\x00", "b" * 5000])
async def test_a_host_that_there_cannot_be_has_no_pulses(host: str, two_hosts: None) -> None:
    async with connected(host=host) as client:
        await send_pulse("b", 4)
        await send_pulse(host, 1)
        assert await client.next() == (host, 1)


async def test_an_empty_host_counts_as_absent(two_hosts: None) -> None:
    async with connected(host="") as client:
        assert await client.rest() == [("a", 3), ("b", 3)]


async def test_two_workers_on_one_host_make_one_pulse() -> None:
    async with connected() as client:
        for seq in (7, 7, 8, 7, 8, 9):
            await send_pulse("a", seq)
        assert await client.rest() == [("a", 7), ("a", 8), ("a", 9)]


async def test_a_stored_pulse_is_not_sent_again_when_it_comes_live(two_hosts: None) -> None:
    async with connected(host="a") as client:
        await send_pulse("a", 3)
        await send_pulse("a", 4)
        assert [await client.next(), await client.next()] == [("a", 3), ("a", 4)]


async def test_a_host_whose_clock_was_set_back_goes_on() -> None:
    async with connected() as client:
        for seq in (100, 100 - STRAY_TICKS, 101 - STRAY_TICKS):
            await send_pulse("a", seq)
        assert await client.rest() == [("a", 100), ("a", 90), ("a", 91)]


async def test_pulses_that_come_during_the_replay_are_sent_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def meanwhile(count: int, host: str | None) -> list[Sample]:
        heard = Heard()
        await current_registry().join(GROUP, heard)
        await send_pulse("a", 3)
        await send_pulse("a", 4)
        await heard.until(4)  # who joined before has heard it too
        return [stored("a", seq, time.time()) for seq in (1, 2, 3)]

    monkeypatch.setattr(consumers, "newest_samples", meanwhile)
    async with connected(history=3) as client:
        assert [await client.next() for _ in range(4)] == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]


async def test_a_store_out_of_reach_leaves_live_pulses_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(count: int, host: str | None) -> list[Sample]:
        raise OperationalError("gone")

    monkeypatch.setattr(consumers, "newest_samples", fail)
    async with connected() as one, connected() as other:
        await send_pulse("a", 1)
        assert [await one.next(), await other.next()] == [("a", 1), ("a", 1)]
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["reading stored pulses fails, and is tried again: OperationalError: gone"]


async def test_a_store_that_hangs_leaves_live_pulses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(count: int, host: str | None) -> list[Sample]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(consumers, "REPLAY_TIMEOUT", 0)
    monkeypatch.setattr(consumers, "newest_samples", hang)
    async with connected() as client:
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)


async def test_without_the_channel_layer_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: GroupRegistry, name: str, member: Any) -> None:
        raise LayerUnavailable("no layer")

    monkeypatch.setattr(GroupRegistry, "join", fail)
    communicator = WebsocketCommunicator(PulseConsumer.as_asgi(), "/stats")
    assert await communicator.connect() == (False, CloseCode.UNAVAILABLE)


async def test_whatever_a_client_says_is_ignored() -> None:
    async with connected() as client:
        for text in ("", "hello", "{", '{"type": "say"}', "\0"):
            await client.communicator.send_input({"type": "websocket.receive", "text": text})
        await client.communicator.send_input({"type": "websocket.receive", "bytes": b"\xff\0"})
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)


STRANGERS = {
    "no user": None,
    "nobody": AnonymousUser(),
    "a user": User(username="u"),
    "inactive staff": User(username="s", is_staff=True, is_active=False),
}


@pytest.mark.parametrize("user", STRANGERS.values(), ids=STRANGERS.keys())
async def test_with_pulse_public_off_who_is_not_staff_is_forbidden(
    user: User | AnonymousUser | None, settings: Settings
) -> None:
    settings.PULSE_PUBLIC = False
    communicator = WebsocketCommunicator(PulseConsumer.as_asgi(), "/stats")
    if user is not None:
        communicator.scope["user"] = user
    assert await communicator.connect() == (False, CloseCode.FORBIDDEN)


async def test_with_pulse_public_off_staff_is_served(settings: Settings) -> None:
    settings.PULSE_PUBLIC = False
    async with connected(User(username="s", is_staff=True)) as client:
        await send_pulse("a", 1)
        assert await client.next() == ("a", 1)


async def test_with_pulse_public_on_a_user_is_served_like_anybody() -> None:
    async with connected(User(username="u")) as client:
        assert await client.rest() == []


async def test_a_client_hears_the_worker_inside_its_own_process(settings: Settings) -> None:
    settings.PULSE_EMBEDDED, settings.PULSE_HOST, settings.PULSE_INTERVAL = True, "here", 0.2
    ensure_embedded()
    worker = current_embedded().task
    assert worker is not None
    async with connected(host="here") as client:
        frames = [await client.next() for _ in range(3)]
    worker.cancel()
    await asyncio.wait({worker})
    assert [host for host, _ in frames] == ["here"] * 3
    assert sorted({seq for _, seq in frames}) == [seq for _, seq in frames]
