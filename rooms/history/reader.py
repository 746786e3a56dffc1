"""Reading stored messages: pages of rows, and the `history` frame made of one."""

import asyncio
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from rooms import protocol
from rooms.access.versions import AccessVersion, access_version, can_read
from rooms.models import Message, Room
from rtproject.websocket.exceptions import ClientError

STORE_TIMEOUT = 3.0  # seconds for a page; the next frames of its client wait behind it
MAX_HISTORY = 200  # messages in one page, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory


class Page(NamedTuple):
    """Some messages of a room in ascending order, and the state of the room after they were read.

    Messages up to number `pruned_through` are not shown any more. The epoch is empty if the room keeps no messages.
    """

    rows: list[Message]
    access: AccessVersion
    epoch: str
    newest: int
    pruned_through: int


def read_after(room: int, seq: int, limit: int) -> Page:
    """Return the first `limit` messages of the row `room` after number `seq`. Blocks. Raises django.db.Error."""
    return _page(room, list(Message.objects.filter(room=room).after(seq)[:limit]))


def read_before(room: int, seq: int | None, limit: int) -> Page:
    """Return the last `limit` messages before number `seq`, or of all. Blocks. Raises django.db.Error."""
    rows = Message.objects.filter(room=room).before(seq)[:limit]
    return _page(room, list(rows)[::-1])


def _page(room: int, rows: list[Message]) -> Page:
    # Read after the messages, so that the access version is at least as new as they are.
    now = Room.objects.select_related("sequence").filter(pk=room).first()
    if now is None or not now.epoch:
        return Page([], AccessVersion(0, 0, guarded=False), "", 0, 0)
    sequence = now.sequence
    newest = max(sequence.last_seq, rows[-1].seq if rows else 0)
    return Page(rows, access_version(now), now.epoch, newest, sequence.pruned_through(now.history_size))


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
    """The newest messages of the page that fit into PAGE_BYTES, at least one, in ascending order."""
    messages: list[msgspec.Raw] = []
    size = 0
    for row in reversed(page.rows):
        message = protocol.encode(protocol.stored_message(room.name, row)).encode()
        size += len(message)
        if row.seq <= page.pruned_through or (messages and size > PAGE_BYTES):
            break
        messages.append(msgspec.Raw(message))
    return messages[::-1]
