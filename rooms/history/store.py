"""Storing messages: numbered and in one transaction. It blocks: call it in a thread."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import NamedTuple

from django.db import connection

from rooms.access.versions import AccessVersion, can_receive
from rooms.models import Message, MessageSequence, Room, new_epoch
from rooms.protocol import Person
from rtproject.utils.db import short_transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be stored, or what else has a number, see `models.Message`.

    `room` is as it was when the sender came in, admitted by `access`. With `is_repeat` it is only looked up.
    """

    room: Room
    access: AccessVersion
    member: Person
    text: str
    key: str  # see models.Message
    is_repeat: bool = False
    kind: str = "message"
    target: int | None = None

    @property
    def client_id(self) -> str | None:
        """See `models.Message`."""
        return self.key[1:] if self.key.startswith("=") else None


def _to_row(message: NewMessage, seq: int, at: datetime) -> Message:
    """Return `message` as a row, which is not stored yet."""
    sender = message.member
    return Message(
        room_id=message.room.pk, seq=seq, member=sender.id, name=sender.name, guest=sender.guest,
        program=sender.program, external=sender.external, text=message.text, at=at, key=message.key,
        kind=message.kind, target=message.target,
    )  # fmt: skip


class StoreStatus(Enum):
    """The outcome of storing a new message."""

    STORED = "stored"
    REPEATED = "stored before"
    ID_USED = "its id stands for another text"
    NOT_STORED = "it is only looked up, and was not stored before"
    FORBIDDEN = "it deletes what is no message, or that of another member, which is the row"
    OUTSIDE = "its sender is not in the room any more"
    UNAVAILABLE = "the store is out of reach"
    COMMIT_UNKNOWN = "the store went away during the commit"


class StoreResult(NamedTuple):
    """The outcome of storing a new message, and the row that holds it, if there is one."""

    status: StoreStatus
    row: Message | None = None


def store_messages(
    messages: Sequence[NewMessage], before_commit: Callable[[], None], again: bool
) -> list[StoreResult]:
    """Number and store the messages that are new, all or nothing, in the order given.

    A room's sequence is locked until the commit, so the order of numbers is the order of commits, without holes, in all
    processes. If `before_commit` raises, nothing is stored. Pass `again=True` after an attempt that may have been
    committed without an answer. Raises django.db.Error.
    """
    with short_transaction():
        transaction = _Transaction(messages, again)
        results = [transaction.add(message) for message in messages]
        transaction.write()
        before_commit()
    return results


def discard_foreign(rooms: set[int]) -> bool:
    """Delete rows with numbers that the sequences have not reached, so that the next messages can have them.

    Something past the protocol made them, and no member was shown one. Returns whether there were any.
    """
    with short_transaction():
        found = False
        for pk, room in _lock(rooms).items():
            foreign = Message.objects.filter(room=pk, seq__gt=room.last_seq)
            if count := foreign.count():
                logger.warning("room %d: deleted %d messages that were stored past rooms.api", pk, count)
                foreign.discard()
                found = True
    return found


def renew_epoch(room: int, epoch: str) -> None:
    """Give the room's row `room` a new epoch in place of `epoch`: its numbers do not continue. Blocks."""
    MessageSequence.objects.filter(pk=room, epoch=epoch).update(epoch=new_epoch())


class _Transaction:
    """The locked sequences, and the rows to be written."""

    def __init__(self, messages: Sequence[NewMessage], again: bool) -> None:
        self._rooms = _lock({message.room.pk for message in messages})
        self._known = _stored_before([each for each in messages if again or each.key.startswith("=")])
        self._new: list[Message] = []
        self._deleted: set[int] = set()  # primary keys of the messages that lose their texts
        self._now = now()

    def add(self, message: NewMessage) -> StoreResult:
        """Give `message` the next number, or find why it gets none."""
        room = self._rooms.get(message.room.pk)
        if room is None or room.epoch != message.room.epoch or not can_receive(message.access, room.access):
            return StoreResult(StoreStatus.OUTSIDE)
        key = (message.room.pk, message.member.id, message.key)
        row = self._known.get(key)
        if row is not None:
            same = row.text in (message.text, "")  # a deleted message has none
            return StoreResult(StoreStatus.REPEATED if same else StoreStatus.ID_USED, row)
        if message.is_repeat:
            return StoreResult(StoreStatus.NOT_STORED)
        if message.target is not None and (refused := self._delete(message, message.target, room)):
            return refused
        room.last_seq += 1
        row = self._known[key] = _to_row(message, room.last_seq, self._now)
        self._new.append(row)
        return StoreResult(StoreStatus.STORED, row)

    def _delete(self, message: NewMessage, target: int, room: "_LockedRoom") -> StoreResult | None:
        """Note that number `target` is deleted, or return why it is not; the id of a moderator is empty."""
        row = None
        if room.pruned_through < target <= room.last_seq:
            rows = Message.objects.filter(room=message.room.pk, seq=target, kind="message")
            row = rows.exclude(text="").exclude(pk__in=self._deleted).first()
        if row is None or message.member.id not in ("", row.member):
            return StoreResult(StoreStatus.FORBIDDEN, row)
        self._deleted.add(row.pk)
        return None

    def write(self) -> None:
        """Write the new rows, and the last number of each room. The texts of deleted messages go."""
        Message.objects.bulk_create(self._new)
        if self._deleted:
            Message.objects.filter(pk__in=self._deleted).update(text="")
        for pk in {row.room_id for row in self._new}:
            MessageSequence.objects.filter(pk=pk).update(last_seq=self._rooms[pk].last_seq, last_at=self._now)


@dataclass(slots=True)
class _LockedRoom:
    """A room whose sequence is locked until the end of the transaction."""

    epoch: str
    last_seq: int
    pruned_through: int
    access: AccessVersion


def _lock(rooms: set[int]) -> dict[int, _LockedRoom]:
    with connection.cursor() as cursor:
        cursor.execute(_locking_sql(connection.vendor, len(rooms)), sorted(rooms))
        return {
            pk: _LockedRoom(
                epoch, last_seq, max(pruned, last_seq - size), AccessVersion(pk, version, bool(password))
            )
            for pk, epoch, last_seq, pruned, size, version, password in cursor.fetchall()
        }


@cache
def _locking_sql(_vendor: str, count: int) -> str:
    """Return the query that locks `count` rooms, in one order everywhere, so that no two transactions deadlock.

    It locks the room's own row too: PostgreSQL shows the newest version of a row that it waited for only if the query
    locks it. Django builds it in 0.3 ms, a quarter of the time to store a message, hence the cache.
    """
    locked = MessageSequence.objects.select_for_update(no_key=True).filter(pk__in=range(1, count + 1))
    room = ("room__history_size", "room__password_version", "room__password")
    rows = locked.order_by("pk").values_list("pk", "epoch", "last_seq", "pruned", *room)
    return str(rows.query.sql_with_params()[0])


def _stored_before(messages: Collection[NewMessage]) -> dict[tuple[int, str, str], Message]:
    if not messages:
        return {}
    rows = Message.objects.filter(
        room__in={message.room.pk for message in messages},
        member__in={message.member.id for message in messages},
        key__in={message.key for message in messages},
    )
    return {(row.room_id, row.member, row.key): row for row in rows}


def now() -> datetime:
    """The present time, to the millisecond, as frames show it."""
    exact = datetime.now(UTC)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)
