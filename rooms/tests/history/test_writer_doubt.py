"""A commit of which nobody knows yet what became of it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.history import writer as module
from rooms.history.store import NewMessage, StoreResult, StoreStatus, store_messages
from rooms.history.writer import Batch, Writer
from rooms.models import Message, Room
from rooms.posting import deliver_stored
from rooms.tests.listeners import PATIENCE, until
from rooms.tests.stored import keeping_room, new_message

pytestmark = pytest.mark.django_db(transaction=True)


class BreakingStore:
    """The real store, with a connection that breaks during a commit, after or before it took effect.

    `attempts` says which: "committed", "not committed", or "away" if it cannot even be asked. Then the real one is
    used. `gate` holds up the answer to a commit.
    """

    def __init__(self, *attempts: str) -> None:
        self.attempts = list(attempts)
        self.again: list[bool] = []
        self.gate = threading.Event()
        self.gate.set()

    def store(
        self, new_messages: Sequence[NewMessage], before_commit: Callable[[], None], again: bool
    ) -> list[StoreResult]:
        """Stands in for `history.store`."""
        self.again.append(again)
        attempt = self.attempts.pop(0) if self.attempts else "real"
        if attempt == "away":
            raise OperationalError("refused")
        if attempt == "not committed":
            before_commit()
            raise OperationalError("broken")
        results = store_messages(new_messages, before_commit, again)
        assert self.gate.wait(PATIENCE)
        if attempt == "committed":
            raise OperationalError("broken")
        return results


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., BreakingStore]]:
    """Makes the writer store in a BreakingStore, whose connections are not usable after an error."""
    made: list[BreakingStore] = []

    def make(*attempts: str) -> BreakingStore:
        made.append(BreakingStore(*attempts))
        monkeypatch.setattr(module, "store_messages", made[0].store)
        return made[0]

    lost = SimpleNamespace(is_usable=lambda: False, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", lost)
    monkeypatch.setattr(module, "RETRY_SECONDS", -1.0)
    monkeypatch.setattr(module, "RETRY_PAUSE", 0.0)
    yield make
    for breaking in made:
        breaking.gate.set()


@pytest.fixture
def room() -> Room:
    """A room with a history."""
    return keeping_room()


count_messages = sync_to_async(Message.objects.count)


@pytest.mark.parametrize(
    ("attempts", "status"),
    [
        (["committed"], StoreStatus.REPEATED),
        (["not committed"], StoreStatus.STORED),
        (["committed", "away", "away"], StoreStatus.REPEATED),
        (["not committed", "away", "not committed", "committed"], StoreStatus.REPEATED),
    ],
)
async def test_it_is_tried_again_until_it_is_known(
    breaking: Callable[..., BreakingStore], room: Room, attempts: list[str], status: StoreStatus
) -> None:
    """Longer than a store that is merely away is tried for; nothing is stored twice, whether it has an id or not."""
    broken = breaking(*attempts)
    result = await Writer(deliver_stored).store(new_message(room))
    assert result.status is status
    assert result.row is not None
    assert result.row.seq == 1
    assert await count_messages() == 1
    assert broken.again == [False, *[True] * len(attempts)]


async def test_while_the_connection_holds_a_failed_commit_stored_nothing(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that says so itself leaves no doubt: its sender is told at once."""
    usable = SimpleNamespace(is_usable=lambda: True, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", usable)
    broken = breaking("not committed")
    assert (await Writer(deliver_stored).store(new_message(room))).status is StoreStatus.UNAVAILABLE
    assert broken.again == [False]


async def test_a_commit_in_doubt_is_not_answered_before_it_is_known(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits cannot be told that nothing was stored."""
    asked: list[bool] = []
    cancel = Batch.cancel

    def spy(batch: Batch) -> bool:
        asked.append(cancel(batch))
        return asked[-1]

    monkeypatch.setattr(Batch, "cancel", spy)
    monkeypatch.setattr(module, "STORE_TIMEOUT", 0.05)
    slow = breaking("real")
    slow.gate.clear()
    answer = asyncio.create_task(Writer(deliver_stored).store(new_message(room)))
    await until(lambda: asked)
    assert asked == [False]
    assert not answer.done()
    slow.gate.set()
    assert (await answer).status is StoreStatus.STORED


async def test_nobody_waits_for_ever(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end nobody is told anything that might not be true."""
    monkeypatch.setattr(module, "STORE_TIMEOUT", 0.05)
    monkeypatch.setattr(module, "COMMIT_TIMEOUT", 0.05)
    breaking("real").gate.clear()
    assert (await Writer(deliver_stored).store(new_message(room))).status is StoreStatus.COMMIT_UNKNOWN


async def test_a_store_that_stays_away_is_given_up(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in doubt it is not tried for ever."""
    monkeypatch.setattr(module, "COMMIT_TIMEOUT", 0.0)
    broken = breaking("not committed", *["away"] * 1000)
    assert (await Writer(deliver_stored).store(new_message(room))).status is StoreStatus.COMMIT_UNKNOWN
    assert len(broken.attempts) > 900
