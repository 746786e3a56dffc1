"""A commit of which nobody knows yet what became of it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from rooms.history import writer as module
from rooms.history.store import Outcome, Saying, Verdict, store
from rooms.history.writer import Batch, Writer
from rooms.models import Message, Room
from rooms.posting import deliver_stored
from rooms.tests.listeners import PATIENCE, until
from rooms.tests.stored import keeping_room, saying

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
        self, sayings: Sequence[Saying], before_commit: Callable[[], None], again: bool
    ) -> list[Outcome]:
        """Stands in for `history.store`."""
        self.again.append(again)
        attempt = self.attempts.pop(0) if self.attempts else "real"
        if attempt == "away":
            raise OperationalError("refused")
        if attempt == "not committed":
            before_commit()
            raise OperationalError("broken")
        outcomes = store(sayings, before_commit, again)
        assert self.gate.wait(PATIENCE)
        if attempt == "committed":
            raise OperationalError("broken")
        return outcomes


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., BreakingStore]]:
    """Makes the writer store in a BreakingStore, whose connections are not usable after an error."""
    made: list[BreakingStore] = []

    def make(*attempts: str) -> BreakingStore:
        made.append(BreakingStore(*attempts))
        monkeypatch.setattr(module, "store", made[0].store)
        return made[0]

    lost = SimpleNamespace(is_usable=lambda: False, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", lost)
    monkeypatch.setattr(module, "TRYING_SECONDS", -1.0)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    yield make
    for breaking in made:
        breaking.gate.set()


@pytest.fixture
def room() -> Room:
    """A room with a history."""
    return keeping_room()


count_messages = sync_to_async(Message.objects.count)


@pytest.mark.parametrize(
    ("attempts", "verdict"),
    [
        (["committed"], Verdict.REPEATED),
        (["not committed"], Verdict.STORED),
        (["committed", "away", "away"], Verdict.REPEATED),
        (["not committed", "away", "not committed", "committed"], Verdict.REPEATED),
    ],
)
async def test_it_is_tried_again_until_it_is_known(
    breaking: Callable[..., BreakingStore], room: Room, attempts: list[str], verdict: Verdict
) -> None:
    """Longer than a store that is merely away is tried for; nothing is stored twice, whether it has an id or not."""
    broken = breaking(*attempts)
    outcome = await Writer(deliver_stored).store(saying(room))
    assert outcome.verdict is verdict
    assert outcome.row is not None
    assert outcome.row.seq == 1
    assert await count_messages() == 1
    assert broken.again == [False, *[True] * len(attempts)]


async def test_while_the_connection_holds_a_failed_commit_stored_nothing(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that says so itself leaves no doubt: its sender is told at once."""
    usable = SimpleNamespace(is_usable=lambda: True, close_if_unusable_or_obsolete=lambda: None)
    monkeypatch.setattr(module, "connection", usable)
    broken = breaking("not committed")
    assert (await Writer(deliver_stored).store(saying(room))).verdict is Verdict.UNAVAILABLE
    assert broken.again == [False]


async def test_a_commit_in_doubt_is_not_answered_before_it_is_known(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits cannot be told that nothing was stored."""
    asked: list[bool] = []
    give_up = Batch.give_up

    def spy(batch: Batch) -> bool:
        asked.append(give_up(batch))
        return asked[-1]

    monkeypatch.setattr(Batch, "give_up", spy)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    slow = breaking("real")
    slow.gate.clear()
    answer = asyncio.create_task(Writer(deliver_stored).store(saying(room)))
    await until(lambda: asked)
    assert asked == [False]
    assert not answer.done()
    slow.gate.set()
    assert (await answer).verdict is Verdict.STORED


async def test_nobody_waits_for_ever(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end nobody is told anything that might not be true."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(module, "DOUBT_SECONDS", 0.05)
    breaking("real").gate.clear()
    assert (await Writer(deliver_stored).store(saying(room))).verdict is Verdict.UNKNOWN


async def test_a_store_that_stays_away_is_given_up(
    breaking: Callable[..., BreakingStore], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in doubt it is not tried for ever."""
    monkeypatch.setattr(module, "DOUBT_SECONDS", 0.0)
    broken = breaking("not committed", *["away"] * 1000)
    assert (await Writer(deliver_stored).store(saying(room))).verdict is Verdict.UNKNOWN
    assert len(broken.attempts) > 900
