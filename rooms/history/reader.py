"""Reading stored messages: pages of rows, and the `history` frame made of one, which all who ask for it share."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.db.models import Min

from rooms import protocol
from rooms.access.versions import AccessVersion, access_version, can_read
from rooms.history.store import now
from rooms.models import Message, Room, unlink_sequence
from rtproject.utils.database_threads import in_history_thread
from rtproject.utils.rows import read_rows
from rtproject.utils.ttl_cache import TTLCache
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.loop_local import loop_local

MAX_HISTORY = 200  # messages in one page, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory


class StoredRow(msgspec.Struct, array_like=True):
    """What is stored under a number. By default a stand-in for what was deleted past the protocol."""

    seq: int
    at: datetime
    member: str = ""
    name: str = ""
    guest: bool = True
    program: bool = False
    external: bool = False
    kind: str = "message"
    target: int | None = None
    text: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        self.at = self.at.replace(tzinfo=UTC)


class Page(NamedTuple):
    """Some messages of a room in ascending order without a hole, and the state of the room.

    Messages up to number `pruned_through` are not shown any more. The epoch is empty if the room keeps no
    messages.
    """

    rows: Sequence[protocol.StoredMessage]
    access: AccessVersion
    epoch: str
    newest: int
    pruned_through: int


def read_after(room: int, seq: int, limit: int) -> Page:
    """Return the first `limit` messages of the row `room` after number `seq`. Blocks. Raises django.db.Error."""
    state, first = _state(room), seq + 1
    if first <= state.pruned_through:  # begin with what is left: the numbers before it may be many
        left = Message.objects.filter(room=room, seq__gt=seq).aggregate(first=Min("seq"))["first"]
        first = min(left or state.newest + 1, state.pruned_through + 1)
    return _filled(room, state, first, min(first + limit - 1, state.newest))


def read_before(room: int, seq: int | None, limit: int) -> Page:
    """Return the last `limit` messages before number `seq`, or of all. Blocks. Raises django.db.Error."""
    state = _state(room)
    last = state.newest if seq is None else min(seq - 1, state.newest)
    return _filled(room, state, last - limit + 1, last)


def _state(room: int) -> Page:
    """The state of the room, as a page without messages."""
    row = Room.objects.select_related("sequence").filter(pk=room).first()
    if row is None or not row.epoch:
        return Page([], AccessVersion(0, 0, guarded=False), "", 0, 0)
    unlink_sequence(row)
    pruned_through = row.sequence.pruned_through(row.history_size)
    return Page([], access_version(row), row.epoch, row.sequence.last_seq, pruned_through)


def _filled(room: int, state: Page, first: int, last: int) -> Page:
    """The messages `first` to `last`, all of them known to `state`, so its access version is as new as they are.

    A number without a row was deleted past the protocol, unless it is pruned by now: its stand-in gets the time of the
    one before it.
    """
    numbers = range(max(first, 1), last + 1)
    if not numbers:
        return state
    found = Message.objects.filter(room=room, seq__range=(numbers[0], last)).order_by("seq")
    rows = {row.seq: row for row in read_rows(found, StoredRow)}
    if any(seq not in rows for seq in numbers if seq > state.pruned_through):
        state = _state(room)._replace(newest=state.newest)
        at = next((row.at for row in rows.values()), now())
        for seq in numbers:
            if seq > state.pruned_through:
                at = rows.setdefault(seq, StoredRow(seq, at)).at
    return state._replace(rows=[rows[seq] for seq in numbers if seq in rows])


# What a newcomer waits for, and what members miss; their replays and the pages that they ask for wait for each other.
page_after = database_sync_to_async(read_after)
page_before = database_sync_to_async(read_before)
replay_page = in_history_thread(read_after)


class HistoryAnswer(NamedTuple):
    """A `history` frame, and the state of the room when its messages were read: `newest` is from before."""

    frame: Frame
    access: AccessVersion
    epoch: str
    newest: int


def read_history(room: Room, before: int, limit: int) -> HistoryAnswer:
    """Read the page of `room` before number `before`. Blocks. Raises django.db.Error."""
    messages, more, page = read_frames(room, None, before, limit)
    frame = Frame(protocol.encode(protocol.HistoryPage(messages, more)))
    return HistoryAnswer(frame, page.access, page.epoch, page.newest)


def read_frames(
    room: Room, after: int | None, before: int | None, limit: int
) -> tuple[list[msgspec.Raw], bool, Page]:
    """Read frames after number `after`, or else before `before`; tell whether there are more on that side. Blocks."""
    if after is None:
        page = read_before(room.pk, before, limit)
        kept = [row for row in page.rows if row.seq > page.pruned_through]
        messages = _bounded(room, reversed(kept))[::-1]
        more = bool(messages) and kept[-len(messages)].seq > page.pruned_through + 1
    else:
        page = read_after(room.pk, after, limit)
        if after < page.pruned_through:
            page = read_after(room.pk, page.pruned_through, limit)
        messages = _bounded(room, page.rows)
        more = bool(messages) and page.rows[len(messages) - 1].seq < page.newest
    return messages, more, page


frames_page = in_history_thread(read_frames)
_current_answers = loop_local(lambda: TTLCache(in_history_thread(read_history)))


async def history_page(room: Room, access: AccessVersion, asked: protocol.History) -> HistoryAnswer:
    """Answer a `history` frame of a member who was admitted to `room` by `access`.

    The page has fewer messages than `asked.limit` if they are long. Raises ClientError if the store is out of reach or
    the room has changed.
    """
    if not room.epoch:
        return HistoryAnswer(Frame(protocol.encode(protocol.HistoryPage([], more=False))), access, "", 0)
    try:
        answer = await _current_answers().get(room, asked.before, asked.limit)
    except (DatabaseError, TimeoutError):
        raise ClientError(
            "unavailable", "The store is out of reach; ask again later.", counts=False
        ) from None
    if answer.epoch != room.epoch or not can_read(access, answer.access):
        raise ClientError("unavailable", "The room has changed; connect again.", counts=False)
    return answer


def _bounded(room: Room, rows: Iterable[protocol.StoredMessage]) -> list[msgspec.Raw]:
    """The first frames that fit into PAGE_BYTES; at least one."""
    messages: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        message = protocol.encode(protocol.stored_frame(room.name, row)).encode()
        size += len(message)
        if messages and size > PAGE_BYTES:
            break
        messages.append(msgspec.Raw(message))
    return messages
