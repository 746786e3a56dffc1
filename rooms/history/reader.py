"""Reading stored messages: pages of rows, and the `history` frame made of one."""

import asyncio
from datetime import datetime
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.db.models import Min

from rooms import protocol
from rooms.access.versions import AccessVersion, access_version, can_read
from rooms.history.store import now
from rooms.models import Message, Room, unlink_sequence
from rtproject.websocket.exceptions import ClientError

STORE_TIMEOUT = 3.0  # seconds for a page; the next frames of its client wait behind it
MAX_HISTORY = 200  # messages in one page, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory


class Page(NamedTuple):
    """Some messages of a room in ascending order without a hole, and the state of the room.

    Messages up to number `pruned_through` are not shown any more. The epoch is empty if the room keeps no
    messages.
    """

    rows: list[Message]
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

    A number without a row was deleted past the protocol, unless it is pruned by now.
    """
    numbers = range(max(first, 1), last + 1)
    if not numbers:
        return state
    found = Message.objects.filter(room=room, seq__range=(numbers[0], last)).order_by("seq")
    rows = {row.seq: row for row in found}
    if any(seq not in rows for seq in numbers if seq > state.pruned_through):
        state = _state(room)
        at = next((row.at for row in rows.values()), now())
        for seq in numbers:
            if seq > state.pruned_through:
                at = rows.setdefault(seq, _deleted(room, seq, at)).at
    return state._replace(rows=[rows[seq] for seq in numbers if seq in rows])


def _deleted(room: int, seq: int, at: datetime) -> Message:
    """A stand-in for a deleted row, with the time of the one before it."""
    row = Message(room_id=room, seq=seq, guest=True, at=at)
    row.deleted = True
    return row


page_after = database_sync_to_async(read_after)
page_before = database_sync_to_async(read_before)


async def history_page(room: Room, access: AccessVersion, asked: protocol.History) -> protocol.HistoryPage:
    """Answer a `history` frame of a member who was admitted to `room` by `access`.

    The page has fewer messages than `asked.limit` if they are long. Raises ClientError if the store is out of reach or
    the room has changed.
    """
    if not room.epoch:
        return protocol.HistoryPage([], more=False)
    try:
        async with asyncio.timeout(STORE_TIMEOUT):
            page = await page_before(room.pk, asked.before, asked.limit)
    except (DatabaseError, TimeoutError):
        raise ClientError(
            "unavailable", "The store is out of reach; ask again later.", counts=False
        ) from None
    if page.epoch != room.epoch or not can_read(access, page.access):
        raise ClientError("unavailable", "The room has changed; connect again.", counts=False)
    messages = _bounded(room, page)
    more = bool(messages) and page.rows[-len(messages)].seq > page.pruned_through + 1
    return protocol.HistoryPage(messages, more)


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
