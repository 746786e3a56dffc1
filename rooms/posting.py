"""What becomes of a `say`: stored and delivered in a room with history, else passed on."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from rooms import protocol
from rooms.delivery.registry import current_live_rooms
from rooms.history.reader import to_text
from rooms.history.store import NewMessage, StoreStatus
from rooms.history.writer import Stored, Writer
from rooms.models import Room
from rooms.names import room_group, room_key
from rooms.protocol import Message, Person, Said, Say
from rtproject.utils.failure_log import FailureLog
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.transport.frames import Frame


async def say(
    room: Room, door: str, member: Person, frame: Say, on_change: Callable[[str], None]
) -> Said | None:
    """Says `frame` to `room`; to its sender too, which is the confirmation. Returns Said if that was done before.

    Raises ClientError if the message is shown to no one, and ConnectionDenied if that cannot be known. Calls
    `on_change` with the room's key if the room is not what it was when `member` came in by `door`.
    """
    if not room.epoch:
        await _pass_on(room, door, member, frame)
        return None
    key = f"={frame.id}" if frame.id is not None else f":{secrets.token_hex(16)}"
    result = await _current_writer().store(NewMessage(room, door, member, frame.text, key))
    match result.status:
        case StoreStatus.REPEATED if frame.id is not None and result.row is not None:
            return Said(frame.id, result.row.seq)
        case StoreStatus.ID_USED:
            raise ClientError("id_used", "This id stands for another text of yours.", frame.id)
        case StoreStatus.OUTSIDE:
            on_change(room_key(room.name))
            raise ClientError("unavailable", "The room has changed; connect again.", frame.id)
        case StoreStatus.UNAVAILABLE:
            raise ClientError("unavailable", "The store is out of reach; say it again later.", frame.id)
        case (
            StoreStatus.COMMIT_UNKNOWN
        ):  # neither answer would be true: whoever comes back and says it again is told
            raise ConnectionDenied(CloseCode.UNAVAILABLE)
    return None


def deliver_stored(batch: Stored) -> None:
    """Shows what was stored to the members here, and has the other processes told."""
    for new_message, result in batch:
        row = result.row
        if row is None:
            continue
        live_room = current_live_rooms().find(new_message.room)
        if result.status is StoreStatus.STORED:
            text = to_text(new_message.room, row)
            if live_room is not None:
                live_room.take(row.seq, Frame(text), new_message.door)
            _current_publisher().put(new_message, row.seq, text)
        elif live_room is not None:
            live_room.expect(row.seq)


async def _pass_on(room: Room, door: str, member: Person, frame: Say) -> None:
    message = Message(room.name, member, frame.text, protocol.timestamp(datetime.now(UTC)), frame.id)
    text, live_room = protocol.encode(message), current_live_rooms().find(room)
    try:
        await broadcast(room_group(room.name), text, door=door, by=live_room and live_room.name)
    except LayerUnavailable:
        detail = "The channel layer is out of reach; say it again later."
        raise ClientError("unavailable", detail, frame.id) from None
    # Shown here without the layer, which may lose it on the way back to us, for example after a restart of Redis.
    if live_room is not None:
        live_room.subscribers.show(Frame(text), door)


MOST_WAITING = 1000  # messages; the oldest are dropped: the other processes will find them in the store


class Publisher:
    """One message after the other on their way to the layer. Nobody here waits for that: all of them are stored."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[NewMessage, int, str]] = deque(maxlen=MOST_WAITING)
        self._telling: asyncio.Task[None] | None = None
        self._outage = FailureLog("announcing stored messages")

    def put(self, new_message: NewMessage, seq: int, text: str) -> None:
        """Has message `seq` announced; `text` is its finished frame. Returns at once."""
        self._waiting.append((new_message, seq, text))
        if self._telling is None or self._telling.done():
            self._telling = run_in_background(self._tell(), "rooms publisher")

    async def _tell(self) -> None:
        while self._waiting:
            new_message, seq, text = self._waiting.popleft()
            group, epoch = room_group(new_message.room.name), new_message.room.epoch
            with self._outage:
                await broadcast(group, text, door=new_message.door, epoch=epoch, seq=seq)


_current_publisher = loop_local(Publisher)
_current_writer = loop_local(lambda: Writer(deliver_stored))
