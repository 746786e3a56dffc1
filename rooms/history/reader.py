"""Reading stored messages: pages of rows, and the `history` frame made of one, which all who ask for it share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from rooms import protocol
from rooms.access.versions import AccessVersion, access_version, can_read
from rooms.models import Message, Room
from rtproject.utils.database_threads import in_history_thread
from rtproject.utils.loop_local import loop_local
from rtproject.utils.rows import read_rows
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.transport.frames import Frame

MAX_HISTORY = 200  # messages in one page, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory


class StoredRow(msgspec.Struct, array_like=True):
    """A message of the store, without what no frame needs."""

    seq: int
    member: str
    name: str
    guest: bool
    text: str
    at: datetime
    key: str

    def __post_init__(self) -> None:
        self.at = self.at.replace(tzinfo=UTC)

    @property
    def client_id(self) -> str | None:
        """See `models.Message`."""
        return self.key[1:] if self.key.startswith("=") else None


class Page(NamedTuple):
    """Some messages of a room, ascending, and the state of the room after they were read.

    Messages up to number `pruned_through` are not shown any more. The epoch is empty if the room keeps no
    messages.
    """

    rows: Sequence[protocol.StoredMessage]
    access: AccessVersion
    epoch: str
    newest: int
    pruned_through: int


def read_after(room: int, seq: int, limit: int) -> Page:
    """Return the first `limit` messages after number `seq`. Blocks. Raises django.db.Error."""
    return _page(room, read_rows(Message.objects.filter(room=room).after(seq)[:limit], StoredRow))


def read_before(room: int, seq: int | None, limit: int) -> Page:
    """Return the last `limit` messages, before `seq` if given. Blocks. Raises django.db.Error."""
    rows = read_rows(Message.objects.filter(room=room).before(seq)[:limit], StoredRow)
    return _page(room, rows[::-1])


def _page(room: int, rows: list[StoredRow]) -> Page:
    # Read after the messages, so that the access version is at least as new as they are.
    now = Room.objects.select_related("sequence").filter(pk=room).first()
    if now is None or not now.epoch:
        return Page([], AccessVersion(0, 0, guarded=False), "", 0, 0)
    sequence = now.sequence
    newest = max(sequence.last_seq, rows[-1].seq if rows else 0)
    return Page(rows, access_version(now), now.epoch, newest, sequence.pruned_through(now.history_size))


# What a newcomer waits for, and what members miss; their replays and the pages that they ask for wait for each other.
page_after = database_sync_to_async(read_after)
page_before = database_sync_to_async(read_before)
replay_page = in_history_thread(read_after)


class HistoryAnswer(NamedTuple):
    """A `history` frame, and the state of the room after its messages were read."""

    frame: Frame
    access: AccessVersion
    epoch: str


def read_history(room: Room, before: int, limit: int) -> HistoryAnswer:
    """Read the page of `room` before number `before`. Blocks. Raises django.db.Error."""
    page = read_before(room.pk, before, limit)
    messages = _bounded(room, page)
    more = bool(messages) and page.rows[-len(messages)].seq > page.pruned_through + 1
    frame = Frame(protocol.encode(protocol.HistoryPage(messages, more)))
    return HistoryAnswer(frame, page.access, page.epoch)


_current_answers = loop_local(lambda: TTLCache(in_history_thread(read_history)))


async def history_page(room: Room, access: AccessVersion, asked: protocol.History) -> Frame:
    """Answer a `history` frame of a member who was admitted to `room` by `access`.

    The page has fewer messages than `asked.limit` if they are long. Raises ClientError if the store is out of reach or
    the room has changed.
    """
    if not room.epoch:
        return Frame(protocol.encode(protocol.HistoryPage([], more=False)))
    try:
        answer = await _current_answers().get(room, asked.before, asked.limit)
    except (DatabaseError, TimeoutError):
        raise ClientError("unavailable", "The store is out of reach; ask again later.") from None
    if answer.epoch != room.epoch or not can_read(access, answer.access):
        raise ClientError("unavailable", "The room has changed; connect again.")
    return answer.frame


def _bounded(room: Room, page: Page) -> list[msgspec.Raw]:
    """The newest messages of the page that fit into PAGE_BYTES, ascending; at least one."""
    messages: list[msgspec.Raw] = []
    size = 0
    for row in reversed(page.rows):
        message = protocol.encode(protocol.stored_message(room.name, row)).encode()
        size += len(message)
        if row.seq <= page.pruned_through or (messages and size > PAGE_BYTES):
            break
        messages.append(msgspec.Raw(message))
    return messages[::-1]
