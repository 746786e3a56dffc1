"""What was said in the rooms that keep it, in the store. These functions block: they are for threads."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import NamedTuple

from django.db import connection

from rooms.access.versions import can_receive, door
from rooms.models import Message, MessageSequence, Room
from rooms.protocol import Person
from rtproject.utils.db import short_transaction


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a member wants to have stored. `room` is as it was when they came in, by `door`."""

    room: Room
    door: str
    member: Person
    text: str
    key: str  # see models.Message


class StoreStatus(Enum):
    """What became of a new_message."""

    STORED = "stored"
    REPEATED = "stored before"
    ID_USED = "its id stands for another text"
    OUTSIDE = "its sender is not in the room any more"
    UNAVAILABLE = "the store is out of reach"
    COMMIT_UNKNOWN = "the store went away while it was being stored"


class StoreResult(NamedTuple):
    """What became of a new_message, and the row that it is kept in, if it is."""

    status: StoreStatus
    row: Message | None = None


def store(
    new_messages: Sequence[NewMessage], before_commit: Callable[[], None], again: bool
) -> list[StoreResult]:
    """Numbers and stores what was not stored before, all or nothing, in the order given.

    A room's sequence is locked until the commit: the order of numbers is the order of commits, without holes,
    whoever stores. `before_commit` may raise to have nothing stored. `again`: an earlier attempt may have been
    committed without our hearing of it. Raises django.db.Error.
    """
    with short_transaction():
        book = _Transaction(new_messages, again)
        results = [book.enter(new_message) for new_message in new_messages]
        book.write()
        before_commit()
    return results


class _Transaction:
    """The sequences that are locked, and what is to be written."""

    def __init__(self, new_messages: Sequence[NewMessage], again: bool) -> None:
        self._rooms = _lock({new_message.room.pk for new_message in new_messages})
        self._known = _stored_before([s for s in new_messages if again or s.key.startswith("=")])
        self._new: list[Message] = []
        self._now = now()

    def enter(self, new_message: NewMessage) -> StoreResult:
        """Finds a number for `new_message`, or why it gets none."""
        room = self._rooms.get(new_message.room.pk)
        if (
            room is None
            or room.epoch != new_message.room.epoch
            or not can_receive(new_message.door, room.door)
        ):
            return StoreResult(StoreStatus.OUTSIDE)
        key = (new_message.room.pk, new_message.member.id, new_message.key)
        row = self._known.get(key)
        if row is not None:
            return StoreResult(
                StoreStatus.REPEATED if row.text == new_message.text else StoreStatus.ID_USED, row
            )
        room.last_seq += 1
        row = self._known[key] = Message(
            room_id=new_message.room.pk, seq=room.last_seq, member=new_message.member.id, name=new_message.member.name,
            guest=new_message.member.guest, text=new_message.text, at=self._now, key=new_message.key,
        )  # fmt: skip
        self._new.append(row)
        return StoreResult(StoreStatus.STORED, row)

    def write(self) -> None:
        """Writes the new rows and how far the rooms are numbered now."""
        Message.objects.bulk_create(self._new)
        for pk in {row.room_id for row in self._new}:
            MessageSequence.objects.filter(pk=pk).update(last_seq=self._rooms[pk].last_seq, last_at=self._now)


@dataclass(slots=True)
class _Locked:
    """A room whose sequence is ours until the end of the transaction."""

    epoch: str
    last_seq: int
    door: str


def _lock(rooms: set[int]) -> dict[int, _Locked]:
    with connection.cursor() as cursor:
        cursor.execute(_locking_sql(connection.vendor, len(rooms)), sorted(rooms))
        return {
            pk: _Locked(epoch, last_seq, door(pk, version, bool(password)))
            for pk, epoch, last_seq, version, password in cursor.fetchall()
        }


@cache
def _locking_sql(_vendor: str, count: int) -> str:
    """Reads `count` rooms and locks them, in one order everywhere, so that no two wait for each other.

    The room's own row too: of a row that it waited for PostgreSQL sees the newest version only if it locks it. Django
    takes 0.3 ms to build this query, a quarter of all that storing a message takes, so it is built once.
    """
    locked = (
        MessageSequence.objects.select_for_update(no_key=True)
        .filter(pk__in=range(1, count + 1))
        .order_by("pk")
    )
    names = ("pk", "epoch", "last_seq", "room__password_version", "room__password")
    return str(locked.values_list(*names).query.sql_with_params()[0])


def _stored_before(new_messages: Collection[NewMessage]) -> dict[tuple[int, str, str], Message]:
    if not new_messages:
        return {}
    rows = Message.objects.filter(
        room__in={new_message.room.pk for new_message in new_messages},
        member__in={new_message.member.id for new_message in new_messages},
        key__in={new_message.key for new_message in new_messages},
    )
    return {(row.room_id, row.member, row.key): row for row in rows}


def now() -> datetime:
    """To the millisecond, as it is shown."""
    exact = datetime.now(UTC)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)
