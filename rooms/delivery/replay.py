"""The replay of earlier messages to a newcomer, before it subscribes to new ones."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rooms.access.versions import can_read
from rooms.delivery.live_room import PAGE, LiveRoom
from rooms.delivery.subscribers import MAX_WRITE, Subscriber
from rooms.history.reader import MAX_HISTORY, replay_page
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


def find_start(query: dict[str, str], epoch: str, newest: int, pruned_through: int) -> Start:
    """Return where the replay begins for a client that connects with `query`.

    `newest` is the highest number of the room, `pruned_through` the highest that is not shown any more.
    """
    since = whole_number(query.get("since"), 0, newest)
    if since is not None and since >= pruned_through and query.get("epoch") == epoch:
        return Start(since, recovered=True)
    count = whole_number(query.get("history"), 0, MAX_HISTORY)
    earliest = newest - (DEFAULT_HISTORY if count is None else count)
    return Start(max(pruned_through, earliest), recovered=False)


async def catch_up(live_room: LiveRoom, subscriber: Subscriber, position: int) -> None:
    """Send the messages after number `position` at the subscriber's pace, then subscribe it.

    It subscribes only when it has as much as the others, so nothing is queued for it before. Raises
    ConnectionDenied if it may not receive what is said by now, or if it is so slow that the rest of its
    replay is pruned.
    """
    limit = FIRST_PAGE
    while position < live_room.delivered:
        frames = live_room.recent.after(position)
        if frames is None:
            position, frames = await _read(live_room, subscriber, position, limit)
            limit = _next_limit(frames)
        else:
            position = live_room.delivered
        for part in _parts(frames):
            if not can_read(subscriber.access, live_room.subscribers.access):
                raise ConnectionDenied(CloseCode.PASSWORD_CHANGED)
            if not await subscriber.send_queue.write_through(part):
                raise ConnectionDenied(CloseCode.GOING_AWAY)
    live_room.subscribers.add(subscriber)


def _next_limit(frames: Sequence[Frame]) -> int:
    """Return how many messages to read next to fit into PAGE_BYTES, if they are like these."""
    size = sum(map(len, frames))
    return max(1, min(PAGE, PAGE_BYTES * len(frames) // size)) if frames else PAGE


async def _read(
    live_room: LiveRoom, subscriber: Subscriber, position: int, limit: int
) -> tuple[int, list[Frame]]:
    page = await replay_page(live_room.room.pk, position, limit)
    if page.epoch != live_room.epoch or not can_read(subscriber.access, page.access):
        raise ConnectionDenied(CloseCode.GOING_AWAY)
    rows = [row for row in page.rows if row.seq <= live_room.delivered]
    if page.pruned_through > position:
        raise ConnectionDenied(CloseCode.TOO_SLOW)
    last = rows[-1].seq if rows else live_room.delivered  # deleted rows leave holes
    return last, [live_room.to_frame(row) for row in rows]


def _parts(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same frames, joined to parts of at most MAX_WRITE."""
    part: list[Frame] = []
    size = 0
    for frame in frames:
        if part and size + len(frame) > MAX_WRITE:
            yield Frame.joined(part)
            part, size = [], 0
        part.append(frame)
        size += len(frame)
    if part:
        yield Frame.joined(part)
