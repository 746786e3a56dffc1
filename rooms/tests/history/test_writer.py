"""Storing what members say: together, before anybody sees it, and with a certain answer."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, OperationalError

from rooms.access.versions import access_version
from rooms.delivery.registry import current_live_rooms
from rooms.history import writer as module
from rooms.history.store import NewMessage, StoreResult, StoreStatus, store_messages
from rooms.history.writer import Writer
from rooms.models import Message, Room
from rooms.posting import deliver_stored
from rooms.tests.listeners import PATIENCE, attached, until
from rooms.tests.stored import keeping_room, new_message
from rtproject.websocket.tests.helpers import settle

pytestmark = pytest.mark.django_db(transaction=True)


class SlowStore:
    """The real store, with a gate that the writer's thread waits at before each transaction; it may raise there."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.errors: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()

    def store(
        self, new_messages: Sequence[NewMessage], before_commit: Callable[[], None], again: bool
    ) -> list[StoreResult]:
        """Stands in for `history.store`."""
        self.batches.append([new_message.text for new_message in new_messages])
        assert self.gate.wait(PATIENCE)
        if self.errors:
            raise self.errors.pop(0)
        return store_messages(new_messages, before_commit, again)

    async def begun(self, count: int) -> None:
        """Returns when so many transactions have begun."""
        await until(lambda: len(self.batches) >= count)


@pytest.fixture
def slow_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowStore]:
    """What the writer stores in; it does not try again for long."""
    slow_store = SlowStore()
    monkeypatch.setattr(module, "store_messages", slow_store.store)
    monkeypatch.setattr(module, "RETRY_SECONDS", -1.0)
    monkeypatch.setattr(module, "RETRY_PAUSE", 0.0)
    yield slow_store
    slow_store.gate.set()


@pytest.fixture
def room() -> Room:
    """A room with a history."""
    return keeping_room()


def say_all(writer: Writer, room: Room, *texts: str) -> "list[asyncio.Task[StoreResult]]":
    """Some who say something at the same moment."""
    return [asyncio.create_task(writer.store(new_message(room, text))) for text in texts]


async def seqs(tasks: "list[asyncio.Task[StoreResult]]") -> list[int | None]:
    """The numbers that they were given."""
    return [result.row.seq if result.row else None for result in await asyncio.gather(*tasks)]


count_messages = sync_to_async(Message.objects.count)


class TestGroupCommit:
    async def test_what_arrives_meanwhile_is_stored_together(self, slow_store: SlowStore, room: Room) -> None:
        """In the order of its arrival, with the numbers that follow."""
        slow_store.gate.clear()
        writer = Writer(deliver_stored)
        tasks = say_all(writer, room, "a")
        await slow_store.begun(1)
        tasks += say_all(writer, room, "b", "c", "d")
        await settle()
        slow_store.gate.set()
        assert await seqs(tasks) == [1, 2, 3, 4]
        assert slow_store.batches == [["a"], ["b", "c", "d"]]

    async def test_only_so_many_are_stored_at_once(
        self, slow_store: SlowStore, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rest follows in the next transaction."""
        monkeypatch.setattr(module, "MAX_BATCH", 2)
        assert await seqs(say_all(Writer(deliver_stored), room, *"abcde")) == [1, 2, 3, 4, 5]
        assert [len(batch) for batch in slow_store.batches] == [2, 2, 1]

    async def test_it_is_shown_when_it_is_stored(self, slow_store: SlowStore, room: Room) -> None:
        """To the members in this process, before its sender is answered, and not a moment earlier."""
        live_room = await current_live_rooms().enter(room, lambda key: None)
        member = attached(live_room, access_version(room))
        slow_store.gate.clear()
        (task,) = say_all(Writer(deliver_stored), room, "hi")
        await slow_store.begun(1)
        await settle()
        assert member.heard == []
        slow_store.gate.set()
        await task
        assert live_room.delivered == 1
        await until(lambda: member.heard)
        await current_live_rooms().leave(live_room)

    async def test_who_gives_up_waiting_costs_the_others_nothing(
        self, slow_store: SlowStore, room: Room
    ) -> None:
        """A connection may end while its message is being stored; it is stored all the same."""
        slow_store.gate.clear()
        gone, stays = say_all(Writer(deliver_stored), room, "a", "b")
        await slow_store.begun(1)
        gone.cancel()
        await settle()
        slow_store.gate.set()
        assert await seqs([stays]) == [2]
        assert await count_messages() == 2

    async def test_a_repeat_is_shown_if_nobody_here_has_seen_it(self, room: Room) -> None:
        """It may have been stored by a process that died before it could tell."""
        live_room = await current_live_rooms().enter(room, lambda key: None)
        member = attached(live_room, access_version(room))
        await sync_to_async(store_messages)([new_message(room, "hi", "7")], lambda: None, again=False)
        result = await Writer(deliver_stored).store(new_message(room, "hi", "7"))
        assert result.status is StoreStatus.REPEATED
        await until(lambda: member.heard)
        await current_live_rooms().leave(live_room)


class TestOutages:
    async def test_who_cannot_be_stored_is_told(
        self, slow_store: SlowStore, room: Room, caplog: pytest.LogCaptureFixture
    ) -> None:
        """All of the batch, and those after it until it works again: with one line in the log."""
        caplog.set_level("INFO")
        slow_store.errors = [OperationalError("disk full"), DataError("odd")]
        writer = Writer(deliver_stored)
        verdicts = [result.status for result in await asyncio.gather(*say_all(writer, room, "a", "b"))]
        verdicts += [(await writer.store(new_message(room, text))).status for text in ("c", "d")]
        assert verdicts == [*[StoreStatus.UNAVAILABLE] * 3, StoreStatus.STORED]
        assert [record.message for record in caplog.records if "storing" in record.message] == [
            "storing messages fails, and is tried again: OperationalError: disk full",
            "storing messages works again",
        ]
        assert await count_messages() == 1

    async def test_a_store_that_is_back_soon_was_never_away(
        self,
        slow_store: SlowStore,
        room: Room,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It is tried again for a while before anybody is told anything."""
        monkeypatch.setattr(module, "RETRY_SECONDS", PATIENCE)
        slow_store.errors = [OperationalError("locked"), OperationalError("locked")]
        assert await seqs(say_all(Writer(deliver_stored), room, "a", "b")) == [1, 2]
        assert slow_store.batches == [["a", "b"]] * 3
        assert caplog.messages == []

    async def test_what_will_never_work_is_not_tried_again(
        self, slow_store: SlowStore, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only a store that is out of reach may come back."""
        monkeypatch.setattr(module, "RETRY_SECONDS", PATIENCE)
        slow_store.errors = [DataError("odd")]
        assert (await Writer(deliver_stored).store(new_message(room))).status is StoreStatus.UNAVAILABLE
        assert len(slow_store.batches) == 1

    async def test_a_room_that_changed_takes_nothing(self, room: Room) -> None:
        """Its sender is outside, and nobody sees it."""
        await Room.objects.all().adelete()
        assert await Writer(deliver_stored).store(new_message(room)) == (StoreStatus.OUTSIDE, None)


class TestGivingUp:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "STORE_TIMEOUT", 0.05)

    async def test_what_was_given_up_is_never_stored(self, slow_store: SlowStore, room: Room) -> None:
        """A store that hangs is not waited for, and when it comes back it finds that it must not commit."""
        slow_store.gate.clear()
        writer = Writer(deliver_stored)
        assert [result.status for result in await asyncio.gather(*say_all(writer, room, "a", "b"))] == [
            StoreStatus.UNAVAILABLE
        ] * 2
        assert (await writer.store(new_message(room, "c"))).status is StoreStatus.UNAVAILABLE
        slow_store.gate.set()
        await slow_store.begun(2)
        assert (await until_stored(writer, room)).row.seq == 1  # type: ignore[union-attr]
        assert await count_messages() == 1


async def until_stored(writer: Writer, room: Room) -> StoreResult:
    """Says something until it is stored."""
    async with asyncio.timeout(PATIENCE):
        while (result := await writer.store(new_message(room, "again"))).status is not StoreStatus.STORED:
            pass
    return result
