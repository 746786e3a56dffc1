"""Stored messages for the event loop: read in a thread, and as the frames that the clients get."""

import asyncio
from typing import NamedTuple

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from rooms import protocol
from rooms.access.versions import can_read, door_of
from rooms.models import Message, Room
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.transport.frames import Frame

STORE_SECONDS = 3.0  # how long the store has to answer who looks back: what they say next waits behind that
MOST_HISTORY = 200  # messages in one answer, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory, in more than one form


class Page(NamedTuple):
    """Some of a room's messages in ascending order, and how the room is since they were read.

    `door` is the one that people come in by (see `doors.door_of`); what is up to number `gone` is not shown any more.
    """

    rows: list[Message]
    door: str
    epoch: str
    newest: int
    gone: int


def read_after(room: int, seq: int, limit: int) -> Page:
    """The first `limit` messages of the room's row `room` after number `seq`. Raises django.db.Error."""
    return _page(room, list(Message.objects.filter(room=room).after(seq)[:limit]))


def read_before(room: int, seq: int | None, limit: int) -> Page:
    """The last `limit` messages before number `seq`, or of all. Raises django.db.Error."""
    rows = Message.objects.filter(room=room).before(seq)[:limit]
    return _page(room, list(rows)[::-1])


def _page(room: int, rows: list[Message]) -> Page:
    # Read after the messages: the door is at least as new as they are.
    now = Room.objects.select_related("sequence").filter(pk=room).first()
    if now is None or not now.epoch:
        return Page([], "", "", 0, 0)
    sequence = now.sequence
    newest = max(sequence.last_seq, rows[-1].seq if rows else 0)
    return Page(rows, door_of(now), now.epoch, newest, sequence.pruned_through(now.history_size))


# Each raises django.db.Error if the store cannot be asked.
page_after = database_sync_to_async(read_after)
page_before = database_sync_to_async(read_before)


async def newest_page(room: int) -> Page:
    """What newcomers of the room's row `room` may ask for."""
    page: Page = await page_before(room, None, MOST_HISTORY)
    return page


def to_message(room: Room, row: Message) -> protocol.Message:
    """The frame's content that `row` is shown as."""
    person = protocol.Person(row.member, row.name, row.guest)
    return protocol.Message(
        room.name, person, row.text, protocol.timestamp(row.at), id=row.client_id, seq=row.seq
    )


def to_text(room: Room, row: Message) -> str:
    """The frame's text."""
    return protocol.encode(to_message(room, row))


def to_frame(room: Room, row: Message) -> Frame:
    """The frame that `row` is shown as."""
    return Frame(to_text(room, row))


async def older(room: Room, door: str, asked: protocol.History) -> protocol.HistoryPage:
    """The answer to `asked` for who came into `room` by `door`. Raises ClientError if the store is out of reach.

    It has fewer messages than were asked for if they are long.
    """
    if not room.epoch:
        return protocol.HistoryPage([], more=False)
    try:
        async with asyncio.timeout(STORE_SECONDS):
            page = await page_before(room.pk, asked.before, asked.limit)
    except (DatabaseError, TimeoutError):
        raise ClientError("unavailable", "The store is out of reach; ask again later.") from None
    if page.epoch != room.epoch or not can_read(door, page.door):
        raise ClientError("unavailable", "The room has changed; connect again.")
    messages: list[msgspec.Raw] = []
    size = 0
    for row in reversed(page.rows):
        message = to_text(room, row).encode()
        size += len(message)
        if row.seq <= page.gone or (messages and size > PAGE_BYTES):
            break
        messages.append(msgspec.Raw(message))
    more = bool(messages) and page.rows[-len(messages)].seq > page.gone + 1
    return protocol.HistoryPage(messages[::-1], more)
