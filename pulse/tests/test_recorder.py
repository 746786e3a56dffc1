"""Storing samples beside the worker."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async
from django.db import DatabaseError

from pulse import recorder
from pulse.models import Sample
from pulse.recorder import PRUNE_EVERY, Recorder
from pulse.tests.support import NOON, stored


class Store:
    """A store that remembers what it was given, and does what it is told to first."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.tidied = 0
        self.opened = asyncio.Event()
        self.opened.set()
        self.broken = False

    async def write(self, samples: list[Sample]) -> None:
        await self.opened.wait()
        if self.broken:
            raise DatabaseError("gone")
        self.batches.append([sample.seq for sample in samples])

    async def tidy(self) -> None:
        self.tidied += 1


@pytest.fixture
async def store() -> Store:
    return Store()


@pytest.fixture
async def put(store: Store) -> Callable[[int], Recorder]:
    """Has a sample stored by a recorder on `store`, which is returned."""
    recording = Recorder(store.write, store.tidy)

    def put(seq: int) -> Recorder:
        recording.put(stored("web-1", seq, NOON + seq))
        return recording

    return put


async def test_a_sample_is_written_soon(store: Store, put: Callable[[int], Recorder]) -> None:
    await put(1).settled()
    await put(2).settled()
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
    await recording.settled()
    assert store.batches == [[1], [2, 3]]


async def test_samples_that_cannot_be_stored_are_lost_and_the_next_are_stored(
    store: Store, put: Callable[[int], Recorder], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store.broken = True
    await put(1).settled()
    await put(2).settled()
    store.broken = False
    await put(3).settled()
    assert store.batches == [[3]]
    assert caplog.messages == [
        "storing pulse samples fails, and is tried again: DatabaseError: gone",
        "storing pulse samples works again",
    ]


async def test_old_samples_are_pruned_at_the_first_write_and_now_and_then(
    store: Store, put: Callable[[int], Recorder]
) -> None:
    for seq in range(PRUNE_EVERY):
        await put(seq).settled()
    assert store.tidied == 1
    await put(PRUNE_EVERY).settled()
    assert store.tidied == 2


async def test_a_recorder_that_was_given_nothing_can_be_settled_and_closed() -> None:
    recording = Recorder()
    await recording.settled()
    await recording.close()


async def test_closing_waits_for_the_last_write(store: Store, put: Callable[[int], Recorder]) -> None:
    await put(1).close()
    assert store.batches == [[1]]


async def test_closing_gives_up_a_write_that_does_not_end(
    store: Store, put: Callable[[int], Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CLOSING_SECONDS", 0)
    store.opened.clear()
    recording = put(1)
    await recording.close()
    await recording.settled()
    assert store.batches == []


@database_sync_to_async
def stored_seqs() -> list[int]:
    return list(Sample.objects.values_list("seq", flat=True))


@pytest.mark.django_db(transaction=True)
async def test_a_recorder_stores_in_the_database_and_removes_what_is_old_there() -> None:
    recording = Recorder()
    recording.put(stored("web-1", 1, 1000.0))
    await recording.settled()
    assert await stored_seqs() == []
    recording.put(stored("web-1", 2, NOON))
    await recording.settled()
    assert await stored_seqs() == [2]
