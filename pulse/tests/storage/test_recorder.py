"""Storing samples beside the worker."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import DatabaseError

from pulse.alerting.monitor import announce_alerts
from pulse.models import Sample
from pulse.storage import recorder as recorder_module
from pulse.storage.recorder import PRUNE_EVERY, Recorder
from pulse.storage.store import NewSample
from pulse.tests.support import NOON, new_sample, warnings


class Store:
    """A store that records its batches, and may be told to wait or fail."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.pruned = self.announced = 0
        self.changed = self.has_more = self.failing = False
        self.ready = asyncio.Event()
        self.ready.set()

    async def write(self, batch: list[NewSample]) -> bool:
        await self.ready.wait()
        if self.failing:
            raise DatabaseError("gone")
        self.batches.append([sample.pulse.seq for sample in batch])
        return self.changed

    async def prune(self) -> bool:
        self.pruned += 1
        return self.has_more

    async def announce(self) -> None:
        self.announced += 1


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(recorder_module, "CLOSE_TIMEOUT", 20)
    monkeypatch.setattr(recorder_module, "store_samples", store.write)
    monkeypatch.setattr(recorder_module, "prune", store.prune)
    return store


Put = Callable[[int], Recorder]


@pytest.fixture
async def put(store: Store) -> Put:
    """Hand a sample to a recorder, and return that; its `close` waits for all writes."""
    recorder = Recorder(store.announce)

    def put(seq: int) -> Recorder:
        recorder.put(new_sample("web-1", NOON + seq, seq))
        return recorder

    return put


async def test_samples_wait_during_a_write_and_then_go_together(store: Store, put: Put) -> None:
    store.ready.clear()
    put(1)
    await asyncio.sleep(0)  # the write begins
    put(2)
    recorder = put(3)
    store.ready.set()
    await recorder.close()
    assert store.batches == [[1], [2, 3]]


async def test_after_a_failure_the_newest_samples_are_stored(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_HISTORY", 2)
    store.failing = True
    for seq in (1, 2, 3):
        await put(seq).close()
    store.failing = False
    await put(4).close()
    assert store.batches == [[3, 4]]
    assert warnings(caplog) == ["storing pulses fails, and is tried again: DatabaseError: gone"]


async def test_a_changed_alert_is_announced(store: Store, put: Put) -> None:
    await put(1).close()
    assert store.announced == 0
    store.changed = True
    await put(2).close()
    assert store.announced == 1


async def test_expired_rows_are_pruned_now_and_then_or_while_there_are_more(store: Store, put: Put) -> None:
    for seq in range(PRUNE_EVERY):
        await put(seq).close()
    assert store.pruned == 1
    store.has_more = True
    for seq in range(3):
        await put(seq).close()
    assert store.pruned == 4


async def test_closing_gives_up_a_write_that_does_not_end(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "CLOSE_TIMEOUT", 0)
    await Recorder(store.announce).close()
    store.ready.clear()
    await put(1).close()
    store.ready.set()
    await asyncio.sleep(0)
    assert store.batches == []


@pytest.mark.django_db(transaction=True)
async def test_it_stores_and_prunes_in_the_database() -> None:
    recorder = Recorder(announce_alerts)
    for at in (1000.0, NOON):  # the first write prunes, the second does not
        recorder.put(new_sample("web-1", at))
        await recorder.close()
    assert [sample.seq async for sample in Sample.objects.all()] == [NOON / 5]
