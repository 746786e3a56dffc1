"""Storing samples beside the worker."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async
from django.db import DatabaseError

from pulse.alerting.monitor import announce_alerts
from pulse.models import Sample
from pulse.storage import recorder
from pulse.storage.recorder import PRUNE_EVERY, Recorder
from pulse.storage.store import NewSample
from pulse.tests.support import NOON, measured


class Store:
    """A store that remembers what it was given, and does what it is told to first."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.tidied = self.told = 0
        self.changed = self.is_more_to_tidy = False
        self.opened = asyncio.Event()
        self.opened.set()
        self.broken = False

    async def write(self, batch: list[NewSample]) -> bool:
        await self.opened.wait()
        if self.broken:
            raise DatabaseError("gone")
        self.batches.append([measured.pulse.seq for measured in batch])
        return self.changed

    async def tidy(self) -> bool:
        self.tidied += 1
        return self.is_more_to_tidy

    async def tell(self) -> None:
        self.told += 1


@pytest.fixture
async def store() -> Store:
    return Store()


@pytest.fixture
async def put(store: Store) -> Callable[[int], Recorder]:
    """Has a sample stored by a recorder on `store`, which is returned."""
    recording = Recorder(store.tell, store.write, store.tidy)

    def put(seq: int) -> Recorder:
        recording.put(measured("web-1", NOON + seq, seq))
        return recording

    return put


async def test_a_sample_is_written_soon(store: Store, put: Callable[[int], Recorder]) -> None:
    await put(1).close()
    await put(2).close()
    assert store.batches == [[1], [2]]


async def test_samples_wait_while_one_is_written_and_then_go_together(
    store: Store, put: Callable[[int], Recorder]
) -> None:
    store.opened.clear()
    put(1)
    await asyncio.sleep(0)  # lets the first write begin
    put(2)
    recording = put(3)
    store.opened.set()
    await recording.close()
    assert store.batches == [[1], [2, 3]]


async def test_pulses_that_cannot_be_stored_are_stored_with_the_next_one(
    store: Store, put: Callable[[int], Recorder], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store.broken = True
    await put(1).close()
    await put(2).close()
    store.broken = False
    await put(3).close()
    assert store.batches == [[1, 2, 3]]
    assert caplog.messages == [
        "storing pulses fails, and is tried again: DatabaseError: gone",
        "storing pulses works again",
    ]


async def test_of_more_pulses_than_are_kept_the_oldest_are_lost(
    store: Store, put: Callable[[int], Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_HISTORY", 2)
    store.broken = True
    for seq in (1, 2, 3):
        await put(seq).close()
    store.broken = False
    await put(4).close()
    assert store.batches == [[3, 4]]


async def test_a_change_of_an_alert_is_told(store: Store, put: Callable[[int], Recorder]) -> None:
    await put(1).close()
    assert store.told == 0
    store.changed = True
    await put(2).close()
    assert store.told == 1


async def test_old_samples_are_pruned_at_the_first_write_and_now_and_then(
    store: Store, put: Callable[[int], Recorder]
) -> None:
    for seq in range(PRUNE_EVERY):
        await put(seq).close()
    assert store.tidied == 1
    await put(PRUNE_EVERY).close()
    assert store.tidied == 2


async def test_as_long_as_there_is_more_to_prune_each_write_prunes(
    store: Store, put: Callable[[int], Recorder]
) -> None:
    store.is_more_to_tidy = True
    for seq in (1, 2, 3):
        await put(seq).close()
    assert store.tidied == 3


async def test_a_recorder_that_was_given_nothing_can_be_settled_and_closed() -> None:
    recording = Recorder(announce_alerts)
    await recording.close()
    await recording.close()


async def test_closing_waits_for_the_last_write(store: Store, put: Callable[[int], Recorder]) -> None:
    await put(1).close()
    assert store.batches == [[1]]


async def test_closing_gives_up_a_write_that_does_not_end(
    store: Store, put: Callable[[int], Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CLOSE_TIMEOUT", 0)
    store.opened.clear()
    recording = put(1)
    await recording.close()
    await recording.close()
    assert store.batches == []


@database_sync_to_async
def stored_seqs() -> list[int]:
    return list(Sample.objects.values_list("seq", flat=True))


@pytest.mark.django_db(transaction=True)
async def test_a_recorder_stores_in_the_database_and_removes_what_is_old_there() -> None:
    recording = Recorder(announce_alerts)
    recording.put(measured("web-1", 1000.0, 1))
    await recording.close()
    assert await stored_seqs() == []
    recording.put(measured("web-1", NOON, 2))
    await recording.close()
    assert await stored_seqs() == [2]
