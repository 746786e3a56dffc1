"""What a newcomer is shown of what was said before, until they hear what is being said."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rooms.access.versions import can_read
from rooms.delivery.live_room import PAGE, LiveRoom
from rooms.delivery.subscribers import MOST_AT_ONCE, Subscriber
from rooms.history.reader import MOST_HISTORY, page_after, to_frame
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ConnectionDenied
from rtproject.websocket.query import whole_number
from rtproject.websocket.transport.frames import Frame

DEFAULT_HISTORY = 50
FIRST_PAGE = 20  # messages read before it is known how long they are
PAGE_BYTES = 256 * 1024  # read at a time


class Start(NamedTuple):
    """The number after which a replay begins, and whether nothing is missing before it."""

    after: int
    recovered: bool


def find_start(query: dict[str, str], epoch: str, newest: int, gone: int) -> Start:
    """Where the replay begins for a client that connects with `query`.

    `newest` is the highest number of the room, `gone` the highest that is not shown any more.
    """
    since = whole_number(query.get("since"), 0, newest)
    if since is not None and since >= gone and query.get("epoch") == epoch:
        return Start(since, recovered=True)
    count = whole_number(query.get("history"), 0, MOST_HISTORY)
    return Start(max(gone, newest - (DEFAULT_HISTORY if count is None else count)), recovered=False)


async def catch_up(live_room: LiveRoom, subscriber: Subscriber, position: int) -> None:
    """Shows `subscriber` what came after number `position`, at its own pace, and then everything that comes.

    It is one of the live_room's subscribers only when it has seen as much as they: nothing piles up for it until then. Raises
    ConnectionDenied if it may not hear what is said by now, or if it is so slow that what it has not seen is deleted.
    """
    limit = FIRST_PAGE
    while position < live_room.shown:
        frames = live_room.recent.after(position)
        if frames is None:
            position, frames = await _read(live_room, subscriber, position, limit)
            limit = _next_limit(frames)
        else:
            position = live_room.shown
        for some in _portions(frames):
            if not can_read(subscriber.door, live_room.subscribers.door):
                raise ConnectionDenied(CloseCode.PASSWORD_CHANGED)
            if not await subscriber.send_queue.write_through(some):
                raise ConnectionDenied(CloseCode.GOING_AWAY)
    live_room.subscribers.attach(subscriber)


def _next_limit(frames: Sequence[Frame]) -> int:
    """How many messages to read next: as many as fit into PAGE_BYTES if they are like these."""
    size = sum(map(len, frames))
    return max(1, min(PAGE, PAGE_BYTES * len(frames) // size)) if frames else PAGE


async def _read(
    live_room: LiveRoom, subscriber: Subscriber, position: int, limit: int
) -> tuple[int, list[Frame]]:
    page = await page_after(live_room.room.pk, position, limit)
    if page.epoch != live_room.epoch or not can_read(subscriber.door, page.door):
        raise ConnectionDenied(CloseCode.GOING_AWAY)
    rows = [row for row in page.rows if row.seq <= live_room.shown]
    if page.gone > position:
        raise ConnectionDenied(CloseCode.TOO_SLOW)
    last = rows[-1].seq if rows else live_room.shown  # there are holes if somebody deleted rows
    return last, [to_frame(live_room.room, row) for row in rows]


def _portions(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same frames, joined to what may be written at a time."""
    some: list[Frame] = []
    size = 0
    for frame in frames:
        if some and size + len(frame) > MOST_AT_ONCE:
            yield Frame.joined(some)
            some, size = [], 0
        some.append(frame)
        size += len(frame)
    if some:
        yield Frame.joined(some)
