"""Stored messages for the event loop: read in a thread, and as the frames that the clients get."""

import asyncio

import msgspec
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from rooms import protocol
from rooms.access.versions import may_read
from rooms.history import store as history
from rooms.models import Message, Room
from rtproject.websocket.exceptions import ClientError
from rtproject.websocket.transport.frames import Frame

STORE_SECONDS = 3.0  # how long the store has to answer who looks back: what they say next waits behind that
MOST_HISTORY = 200  # messages in one answer, and in a replay without `since`
PAGE_BYTES = 256 * 1024  # of one `history` frame, which waits for its client in memory, in more than one form

# Each raises django.db.Error if the store cannot be asked.
page_after = database_sync_to_async(history.read_after)
page_before = database_sync_to_async(history.read_before)


async def newest_page(room: int) -> history.Page:
    """What newcomers of the room's row `room` may ask for."""
    page: history.Page = await page_before(room, None, MOST_HISTORY)
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
    if page.epoch != room.epoch or not may_read(door, page.door):
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
