"""Group commit: batches, a store that fails, and commits with an unknown outcome."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, InternalError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

from rooms.history import writer as module
from rooms.history.store import NewMessage, StoreResult, StoreStatus, now, store_messages
from rooms.history.writer import StoredBatch, Writer
from rooms.models import Message, Room
from rooms.tests.support import TIMEOUT, keeping_room, new_message, until
from rtproject.websocket.tests.helpers import settle

pytestmark = pytest.mark.django_db(transaction=True)

STORED, REPEATED = StoreStatus.STORED, StoreStatus.REPEATED
UNAVAILABLE, COMMIT_UNKNOWN = StoreStatus.UNAVAILABLE, StoreStatus.COMMIT_UNKNOWN
AWAY = OperationalError("refused")
STANDBY = InternalError("may not write")
STANDBY.__cause__ = ReadOnlySqlTransaction()
Faults = list[str | Exception]


class SlowStore:
    """The real store behind a `gate`; `faults` are those of the next transactions.

    An exception is raised before the transaction, "not committed" and "committed" stand for a connection that breaks
    during the commit, and "slow" waits for the gate before its commit is answered.
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.again: list[bool] = []
        self.faults: Faults = []
        self.gate = threading.Event()
        self.gate.set()

    def store_messages(
        self, messages: Sequence[NewMessage], before_commit: Callable[[], None], again: bool
    ) -> list[StoreResult]:
        """Stand in for `store.store_messages`."""
        self.batches.append([message.text for message in messages])
        self.again.append(again)
        fault = self.faults.pop(0) if self.faults else ""
        assert fault == "slow" or self.gate.wait(TIMEOUT)
        if isinstance(fault, Exception):
            raise fault
        if fault == "not committed":
            before_commit()
            raise OperationalError("broken")
        results = store_messages(messages, before_commit, again)
        assert self.gate.wait(TIMEOUT)
        if fault == "committed":
            raise OperationalError("broken")
        return results

    async def begun(self, count: int) -> None:
        """Return when so many transactions have begun."""
        await until(lambda: len(self.batches) >= count)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowStore]:
    """A store that is not retried for long; after a fault its connection is not usable."""
    store = SlowStore()
    monkeypatch.setattr(module, "store_messages", store.store_messages)
    lost = SimpleNamespace(is_usable=lambda: False, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", lost)
    monkeypatch.setattr(module, "RETRY_SECONDS", -1.0)
    monkeypatch.setattr(module, "RETRY_PAUSE", 0.0)
    yield store
    store.gate.set()


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders are answered soon."""
    monkeypatch.setattr(module, "STORE_TIMEOUT", 0.05)


class Process:
    """A writer with one room; `stored` are the batches that it has handed on."""

    def __init__(self, room: Room, writer: Writer | None = None) -> None:
        self.stored: list[StoredBatch] = []
        self.room = room
        self._writer = writer or Writer(self.stored.append)

    def beside(self, room: Room) -> "Process":
        """Another room of the same process."""
        return Process(room, self._writer)

    def store(self, *texts: str) -> "list[asyncio.Task[StoreResult]]":
        """Store messages of senders that post at the same moment."""
        return [asyncio.create_task(self._writer.store(new_message(self.room, text))) for text in texts]

    async def statuses(self, *texts: str) -> list[StoreStatus]:
        """Store messages; return what became of them."""
        return [result.status for result in await asyncio.gather(*self.store(*texts))]


@pytest.fixture
async def process() -> Process:
    """A process with a room with history."""
    return Process(await sync_to_async(keeping_room)())


async def seqs(tasks: "list[asyncio.Task[StoreResult]]") -> list[int | None]:
    """The numbers of messages."""
    return [result.row.seq if result.row else None for result in await asyncio.gather(*tasks)]


count_messages = sync_to_async(Message.objects.count)


async def test_messages_that_arrive_during_a_transaction_share_the_next_ones(store, process, monkeypatch):
    """They are in the order of arrival, at most one batch of them."""
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    store.gate.clear()
    tasks = process.store("a")
    await store.begun(1)
    tasks += process.store("b", "c", "d")
    await settle()
    store.gate.set()
    assert await seqs(tasks) == [1, 2, 3, 4]
    assert store.batches == [["a"], ["b", "c"], ["d"]]


async def test_a_batch_is_handed_on_when_it_is_stored(store, process):
    """Before its senders are answered, also if one of them does not wait any more."""
    store.faults = ["slow"]
    store.gate.clear()
    gone, stays = process.store("a", "b")
    await store.begun(1)
    gone.cancel()
    await settle()
    assert process.stored == []
    store.gate.set()
    result = await stays
    assert [(message.text, each.status) for message, each in process.stored[0]] == [
        ("a", STORED),
        ("b", STORED),
    ]
    assert process.stored[0][1][1] == result


async def test_while_the_store_fails_all_senders_are_told(store, process, caplog):
    """The failure is logged once, and so is its end."""
    caplog.set_level("INFO")
    store.faults = [OperationalError("disk full"), OperationalError("disk full")]
    assert await process.statuses("a", "b") == [UNAVAILABLE] * 2
    assert await process.statuses("c") == [UNAVAILABLE]
    assert await process.statuses("d") == [STORED]
    assert [record.message for record in caplog.records if "storing" in record.message] == [
        "storing messages fails, and is tried again: OperationalError: disk full",
        "storing messages works again",
    ]
    assert await count_messages() == 1


@pytest.fixture
async def neighbor(process) -> Process:
    """Another room, whose messages share the batches of the first one's."""
    return process.beside(await sync_to_async(keeping_room)("other"))


async def test_an_error_in_one_room_fails_nobody_in_another(store, process, neighbor, caplog):
    """Its own senders are told, and each flood of them is one line of log."""
    for number in range(1, 3):
        store.faults = [DataError("odd\nDETAIL: a text"), DataError("odd\nDETAIL: a text")]
        here, there = await asyncio.gather(process.statuses("a", "b"), neighbor.statuses("c"))
        assert (here, there) == ([UNAVAILABLE] * 2, [STORED])
        assert store.batches[-3:] == [["a", "b", "c"], ["a", "b"], ["c"]]
        assert await count_messages() == number
    assert caplog.messages == ["messages of room lobby cannot be stored: odd"]


async def test_rows_stored_past_the_protocol_jam_no_room(store, process, neighbor):
    """No member was shown one, so the next messages get their numbers."""
    assert await process.statuses("a") == [STORED]
    await sync_to_async(make_foreign_rows)(process.room, 2, 3)
    here, there = await asyncio.gather(process.statuses("b", "c"), neighbor.statuses("d"))
    assert (here, there) == ([STORED] * 2, [STORED])
    rows = Message.objects.filter(room=process.room).order_by("seq").values_list("seq", "text")
    assert [row async for row in rows] == [(1, "a"), (2, "b"), (3, "c")]


def make_foreign_rows(room: Room, *seqs: int) -> None:
    """Store rows without the sequence, past every check."""
    at = now()
    Message.objects.bulk_create(
        Message(room=room, seq=seq, member="m", guest=True, text="foreign", at=at, key=str(seq))
        for seq in seqs
    )


async def test_only_a_store_that_may_come_back_is_asked_again(store, process, monkeypatch):
    """A short failure is not noticed."""
    monkeypatch.setattr(module, "RETRY_SECONDS", TIMEOUT)
    store.faults = [AWAY, STANDBY]
    assert await process.statuses("a", "b") == [STORED] * 2
    store.faults = [DataError("odd")]
    assert await process.statuses("c") == [UNAVAILABLE]
    assert store.batches == [["a", "b"]] * 3 + [["c"]]


@pytest.mark.usefixtures("short_timeouts")
async def test_a_message_whose_sender_was_told_that_it_failed_is_never_stored(store, process):
    """A store that hangs is not waited for, and what it does later must not commit."""
    store.gate.clear()
    assert await process.statuses("a", "b") == [UNAVAILABLE] * 2
    assert await process.statuses("c") == [UNAVAILABLE]
    store.gate.set()
    await store.begun(2)
    async with asyncio.timeout(TIMEOUT):
        while await process.statuses("again") != [STORED]:
            pass
    assert await count_messages() == 1


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        (["committed"], REPEATED),
        (["not committed"], STORED),
        (["committed", AWAY, AWAY], REPEATED),
        (["not committed", AWAY, "not committed", "committed"], REPEATED),
    ],
)
async def test_a_broken_commit_is_retried_until_its_outcome_is_known(store, process, faults, status):
    """It is retried for longer than other failures, and nothing is stored twice."""
    store.faults = [*faults]
    assert await process.statuses("hi") == [status]
    assert await count_messages() == 1
    assert store.again == [False, *[True] * len(faults)]


async def test_a_failed_commit_on_a_usable_connection_stored_nothing(store, process, monkeypatch):
    usable = SimpleNamespace(is_usable=lambda: True, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", usable)
    store.faults = ["not committed"]
    assert await process.statuses("hi") == [UNAVAILABLE]
    assert store.again == [False]


@pytest.mark.usefixtures("short_timeouts")
async def test_during_a_commit_no_sender_is_told_that_it_failed(store, process):
    store.faults = ["slow"]
    store.gate.clear()
    (answer,) = process.store("hi")
    await asyncio.wait({answer}, timeout=0.2)  # longer than other senders wait
    assert not answer.done()
    store.gate.set()
    assert (await answer).status is STORED


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("faults", [["slow"], ["not committed", *[AWAY] * 1000]], ids=["hangs", "away"])
async def test_after_a_while_the_outcome_is_unknown(store, process, monkeypatch, faults):
    monkeypatch.setattr(module, "COMMIT_TIMEOUT", 0.05)
    store.faults = [*faults]
    if faults == ["slow"]:
        store.gate.clear()
    assert await process.statuses("hi") == [COMMIT_UNKNOWN]
