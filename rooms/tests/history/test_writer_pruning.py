"""Deleting what is beyond a room's history, some time after something was stored."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.history import pruning
from rooms.history import writer as module
from rooms.history.pruning import Beyond, prune
from rooms.history.writer import Writer
from rooms.models import Message, Room
from rooms.posting import deliver_stored
from rooms.tests.listeners import PATIENCE
from rooms.tests.stored import keeping_room, make_older, new_message

pytestmark = pytest.mark.django_db(transaction=True)


class Prunings:
    """The real pruning, of which each result is seen."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self._loop = asyncio.get_running_loop()
        self._results: asyncio.Queue[tuple[int, Beyond]] = asyncio.Queue()

    def prune(self, room: int) -> Beyond:
        """Stands in for `pruning.prune`."""
        if self.errors:
            raise self.errors.pop(0)
        left = prune(room)
        self._loop.call_soon_threadsafe(self._results.put_nowait, (room, left))
        return left

    async def next(self) -> tuple[int, Beyond]:
        """The next result: of which room, and what is left."""
        return await asyncio.wait_for(self._results.get(), PATIENCE)


@pytest.fixture
async def prunings(monkeypatch: pytest.MonkeyPatch) -> Prunings:
    """The prunings of the writer, which come soon."""
    prunings = Prunings()
    monkeypatch.setattr(module, "prune", prunings.prune)
    monkeypatch.setattr(module, "PRUNE_SECONDS", 0.01)
    monkeypatch.setattr(pruning, "AGE", timedelta(seconds=-1))
    return prunings


@pytest.fixture
def room() -> Room:
    """A room that keeps two messages."""
    return keeping_room(history_size=2)


async def say(writer: Writer, room: Room, count: int) -> None:
    """Somebody says so many things at once."""
    await asyncio.gather(*(writer.store(new_message(room)) for _ in range(count)))


async def kept(room: Room) -> list[int]:
    """The numbers that are left."""
    return [
        seq async for seq in Message.objects.filter(room=room).order_by("seq").values_list("seq", flat=True)
    ]


async def test_a_room_that_grew_is_pruned(prunings: Prunings, room: Room) -> None:
    """And once more when it has grown again."""
    writer = Writer(deliver_stored)
    for newest in (5, 10):
        await say(writer, room, 5)
        assert await prunings.next() == (room.pk, Beyond.NOTHING)
        assert await kept(room) == [newest - 1, newest]


async def test_a_long_way_is_gone_in_small_steps(
    prunings: Prunings, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other without a pause, and others may store in between."""
    monkeypatch.setattr(pruning, "STEP", 2)
    await say(Writer(deliver_stored), room, 7)
    assert [(await prunings.next())[1] for _ in range(3)] == [Beyond.MORE, Beyond.MORE, Beyond.NOTHING]
    assert await kept(room) == [6, 7]


async def test_what_is_too_young_is_looked_at_again(
    prunings: Prunings, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is old enough, though nothing more is said."""
    monkeypatch.setattr(pruning, "AGE", timedelta(minutes=1))
    await say(Writer(deliver_stored), room, 4)
    assert [(await prunings.next())[1] for _ in range(2)] == [Beyond.YOUNG, Beyond.YOUNG]
    await sync_to_async(make_older)(minutes=2)
    async with asyncio.timeout(PATIENCE):
        while (await prunings.next())[1] is not Beyond.NOTHING:
            pass
    assert await kept(room) == [3, 4]


async def test_every_room_has_its_turn(prunings: Prunings, room: Room) -> None:
    """Not only the one that was said something in last."""
    other = await sync_to_async(keeping_room)("other", history_size=1)
    writer = Writer(deliver_stored)
    await asyncio.gather(say(writer, room, 3), say(writer, other, 3))
    assert {await prunings.next(), await prunings.next()} == {
        (room.pk, Beyond.NOTHING),
        (other.pk, Beyond.NOTHING),
    }


async def test_after_an_error_it_goes_on_with_the_next_message(
    prunings: Prunings, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that is out of reach is no reason to let a room grow for ever."""
    prunings.errors = [OperationalError("no store")]
    writer = Writer(deliver_stored)
    await say(writer, room, 3)
    async with asyncio.timeout(PATIENCE):
        while writer._pruning is None or not writer._pruning.done():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert await kept(room) == [1, 2, 3]
    await say(writer, room, 1)
    assert await prunings.next() == (room.pk, Beyond.NOTHING)
    assert await kept(room) == [3, 4]
