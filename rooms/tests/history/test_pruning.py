"""Messages beyond the history size are deleted, a few at a time, after new ones are stored."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.history import pruning
from rooms.history import writer as module
from rooms.history.pruning import Beyond, prune
from rooms.history.writer import Writer
from rooms.models import Message, MessageSequence, Room
from rooms.tests.support import keeping_room, make_older, new_message, put_many, put_texts, until


def kept() -> list[int]:
    """The numbers that are left."""
    return list(Message.objects.order_by("seq").values_list("seq", flat=True))


@pytest.mark.django_db
class TestPrune:
    def test_the_oldest_messages_beyond_the_size_are_deleted(self):
        room, other = keeping_room(history_size=3), keeping_room("other", history_size=3)
        put_many(room, 8)
        make_older(seconds=16)
        assert prune(other.pk) is prune(room.pk) is Beyond.NOTHING
        assert kept() == [6, 7, 8]
        sequence = MessageSequence.objects.get(room=room)
        assert (sequence.last_seq, sequence.pruned, sequence.epoch) == (8, 5, room.epoch)
        assert prune(room.pk) is Beyond.NOTHING
        assert [row.seq for row in put_texts(room, "next")] == [9]

    def test_nothing_young_is_deleted(self):
        """A process that missed it must still be able to deliver it."""
        room = keeping_room(history_size=1)
        put_many(room, 3)
        make_older(seconds=14)
        assert prune(room.pk) is Beyond.YOUNG
        assert (kept(), MessageSequence.objects.get().pruned) == ([1, 2, 3], 0)
        make_older(seconds=2)
        put_texts(room, "4", "5")
        assert prune(room.pk) is Beyond.YOUNG
        assert (kept(), MessageSequence.objects.get().pruned) == ([4, 5], 3)

    def test_a_young_message_before_old_ones_stays(self):
        """The clocks of hosts differ."""
        room = keeping_room(history_size=1)
        rows = put_many(room, 4)
        make_older(minutes=1)
        Message.objects.filter(seq=2).update(at=rows[1].at)
        assert prune(room.pk) is Beyond.YOUNG
        assert kept() == [2, 3, 4]

    def test_what_a_wrong_clock_dated_in_the_future_is_not_young(self):
        """It would keep what stands behind it for ever."""
        room = keeping_room(history_size=1)
        put_many(room, 3)
        make_older(days=-1)
        assert prune(room.pk) is Beyond.NOTHING
        assert kept() == [3]

    def test_a_room_that_is_gone_or_keeps_nothing_has_nothing_beyond(self):
        room = keeping_room(history_size=1)
        put_many(room, 3)
        make_older(minutes=1)
        Room.objects.update(history_size=0)
        assert (prune(room.pk), kept()) == (Beyond.NOTHING, [])
        Room.objects.get().delete()
        assert prune(room.pk) is Beyond.NOTHING


@pytest.mark.django_db(transaction=True)
class TestWriter:
    """A writer prunes a room that keeps two messages, soon after one was stored."""

    @pytest.fixture
    def room(self, monkeypatch: pytest.MonkeyPatch) -> Room:
        monkeypatch.setattr(module, "PRUNE_SECONDS", 0.01)
        monkeypatch.setattr(pruning, "AGE", -1.0)
        return keeping_room(history_size=2)

    async def grow(self, writer: Writer, room: Room, count: int) -> None:
        """Store so many messages, and wait until the writer has pruned."""
        await asyncio.gather(*(writer.store(new_message(room)) for _ in range(count)))
        await until(lambda: writer._pruning is not None and writer._pruning.done())

    async def test_a_room_is_pruned_in_steps_whenever_it_has_grown(self, room, monkeypatch):
        monkeypatch.setattr(pruning, "STEP", 2)
        writer = Writer(lambda batch: None)
        for newest in (5, 10):
            await self.grow(writer, room, 5)
            assert await sync_to_async(kept)() == [newest - 1, newest]

    async def test_young_messages_are_deleted_later(self, room, monkeypatch):
        """Though no further message is stored."""
        monkeypatch.setattr(pruning, "AGE", 60.0)
        left: list[Beyond] = []

        def spy(room: int) -> Beyond:
            left.append(prune(room))
            return left[-1]

        monkeypatch.setattr(module, "prune", spy)
        growing = asyncio.create_task(self.grow(Writer(lambda batch: None), room, 4))
        await until(lambda: left[:2] == [Beyond.YOUNG] * 2)
        await sync_to_async(make_older)(minutes=2)
        await growing
        assert await sync_to_async(kept)() == [3, 4]

    async def test_after_a_failure_pruning_goes_on_with_the_next_message(self, room, monkeypatch):
        def fail(room: int) -> Beyond:
            raise OperationalError("no store")

        writer = Writer(lambda batch: None)
        with monkeypatch.context() as patch:
            patch.setattr(module, "prune", fail)
            await self.grow(writer, room, 3)
        await self.grow(writer, room, 1)
        assert await sync_to_async(kept)() == [3, 4]
