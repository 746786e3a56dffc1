"""What was said in the rooms that keep it, in the store. These functions block: they are for threads."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import takewhile
from typing import NamedTuple

from rooms.doors import door_of, may_hear
from rooms.models import Message, Numbering, Room
from rooms.protocol import Person
from rooms.transactions import short_transaction

PRUNE_STEP = 200  # messages deleted at a time, while nobody can store: a few milliseconds
# Nothing younger is deleted, however small the history: a process that missed it still has to show it.
PRUNE_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Saying:
    """What a member wants to have stored. `room` is as it was when they came in, by `door`."""

    room: Room
    door: str
    member: Person
    text: str
    key: str  # see models.Message


class Verdict(Enum):
    """What became of a saying."""

    STORED = "stored"
    REPEATED = "stored before"
    ID_USED = "its id stands for another text"
    OUTSIDE = "its sender is not in the room any more"
    UNAVAILABLE = "the store is out of reach"


class Outcome(NamedTuple):
    """What became of a saying, and the row that it is kept in, if it is."""

    verdict: Verdict
    row: Message | None = None


class Page(NamedTuple):
    """Some of a room's messages in ascending order, and how the room is since they were read.

    `door` is the one that people come in by (see `doors.door_of`); what is up to number `gone` is not shown any more.
    """

    rows: list[Message]
    door: str
    epoch: str
    newest: int
    gone: int


def store(sayings: Sequence[Saying], before_commit: Callable[[], None], again: bool) -> list[Outcome]:
    """Numbers and stores what was not stored before, all or nothing, in the order given.

    A room's numbering is locked until the commit: the order of numbers is the order of commits, without holes,
    whoever stores. `before_commit` may raise to have nothing stored. `again`: an earlier attempt may have been
    committed without our hearing of it. Raises django.db.Error.
    """
    with short_transaction():
        book = _Book(sayings, again)
        outcomes = [book.enter(saying) for saying in sayings]
        book.write()
        before_commit()
    return outcomes


class _Book:
    """The numberings that are locked, and what is to be written."""

    def __init__(self, sayings: Sequence[Saying], again: bool) -> None:
        ids = {saying.room.pk for saying in sayings}
        # In one order everywhere, so that no two wait for each other.
        locked = Numbering.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
        self._numberings = {numbering.pk: numbering for numbering in locked.select_related("room")}
        self._known = _stored_before([s for s in sayings if again or s.key.startswith("=")])
        self._new: list[Message] = []
        self._now = _now()

    def enter(self, saying: Saying) -> Outcome:
        """Finds a number for `saying`, or why it gets none."""
        numbering = self._numberings.get(saying.room.pk)
        if numbering is None or numbering.epoch != saying.room.epoch:
            return Outcome(Verdict.OUTSIDE)
        if not may_hear(saying.door, door_of(numbering.room)):
            return Outcome(Verdict.OUTSIDE)
        key = (saying.room.pk, saying.member.id, saying.key)
        row = self._known.get(key)
        if row is not None:
            return Outcome(Verdict.REPEATED if row.text == saying.text else Verdict.ID_USED, row)
        numbering.last_seq += 1
        numbering.last_at = self._now
        row = self._known[key] = Message(
            room=numbering.room, seq=numbering.last_seq, member=saying.member.id, name=saying.member.name,
            guest=saying.member.guest, text=saying.text, at=self._now, key=saying.key,
        )  # fmt: skip
        self._new.append(row)
        return Outcome(Verdict.STORED, row)

    def write(self) -> None:
        """Writes the new rows and how far the rooms are numbered now."""
        Message.objects.bulk_create(self._new)
        for pk in {row.room_id for row in self._new}:
            self._numberings[pk].save(update_fields=["last_seq", "last_at"])


def _stored_before(sayings: Collection[Saying]) -> dict[tuple[int, str, str], Message]:
    if not sayings:
        return {}
    rows = Message.objects.filter(
        room__in={saying.room.pk for saying in sayings},
        member__in={saying.member.id for saying in sayings},
        key__in={saying.key for saying in sayings},
    )
    return {(row.room_id, row.member, row.key): row for row in rows}


def _now() -> datetime:
    """To the millisecond, as it is shown."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def read_after(room: int, seq: int, limit: int) -> Page:
    """The first `limit` messages of the room's row `room` after number `seq`. Raises django.db.Error."""
    return _page(room, list(Message.objects.filter(room=room).after(seq)[:limit]))


def read_before(room: int, seq: int | None, limit: int) -> Page:
    """The last `limit` messages before number `seq`, or of all. Raises django.db.Error."""
    rows = Message.objects.filter(room=room).before(seq)[:limit]
    return _page(room, list(rows)[::-1])


def _page(room: int, rows: list[Message]) -> Page:
    # Read after the messages: the door is at least as new as they are.
    now = Room.objects.select_related("numbering").filter(pk=room).first()
    if now is None or not now.epoch:
        return Page([], "", "", 0, 0)
    numbering = now.numbering
    newest = max(numbering.last_seq, rows[-1].seq if rows else 0)
    return Page(rows, door_of(now), now.epoch, newest, numbering.gone_before(now.history_size))


class Left(Enum):
    """What is still beyond a room's history size."""

    NOTHING = "nothing"
    MORE = "more than was deleted at a time"
    YOUNG = "only what is too young to be deleted"


def prune(room: int) -> Left:
    """Deletes some of what is beyond the history size of the room's row `room`. Raises django.db.Error."""
    with short_transaction():
        numbering = Numbering.objects.select_for_update().filter(pk=room).first()
        if numbering is None:
            return Left.NOTHING
        size = Room.objects.values_list("history_size", flat=True).get(pk=room)
        beyond = numbering.gone_before(size)
        rows = Message.objects.filter(room=room, seq__lte=beyond).after(numbering.pruned)
        old = _now() - PRUNE_AFTER  # hosts' clocks differ: what is old may stand behind what is young
        found = rows.values_list("seq", "at")[:PRUNE_STEP]
        seqs = [seq for seq, _ in takewhile(lambda row: row[1] < old, found)]
        if seqs:
            numbering.pruned = seqs[-1]
            numbering.save(update_fields=["pruned"])
            Message.objects.filter(room=room, seq__lte=numbering.pruned).delete()
    if numbering.pruned >= beyond:
        return Left.NOTHING
    return Left.MORE if len(seqs) == PRUNE_STEP else Left.YOUNG
