"""The use case of a message, and of its deletion.

In a room with history it is stored and then delivered; in any other it is broadcast at most once.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from rooms import protocol
from rooms.access.versions import AccessVersion
from rooms.delivery.registry import current_live_rooms
from rooms.delivery.subscribers import typists
from rooms.history.store import NewMessage, StoreResult, StoreStatus, now
from rooms.history.writer import StoredBatch, Writer
from rooms.limits import current_limits, too_many_messages
from rooms.models import Room
from rooms.names import room_group, room_key
from rooms.protocol import Delete, Deleted, IsTyping, MessageFrame, Notice, NumberedFrame, Person, Said, Say
from rooms.signals import emit, message_deleted, message_posted
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.groups.layer import LAYER_TIMEOUT
from rtproject.websocket.groups.registry import broadcast
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.loop_local import loop_local

TYPING_UP_TO = 50  # members; in a fuller room no one is told who is writing
MAX_UNPUBLISHED = 1000  # messages; beyond, the oldest are dropped: other processes read them from the store


async def post_message(
    room: Room,
    access: AccessVersion,
    member: Person,
    address: str | None,
    frame: Say | Delete,
    on_change: Callable[[str], None],
) -> Said | None:
    """Post `frame` to `room`; the sender gets the message or the deletion too, as the confirmation.

    It counts against the limits of `address`. Returns Said if the message was stored before. Raises ClientError if no
    one is shown it, and ConnectionDenied if that cannot be known. Calls `on_change` with the room's key if the room
    has changed since `member` was admitted.
    """
    message = _to_store(room, access, member, address, frame)
    if not room.epoch:
        await _broadcast(message, frame.id)
        return None
    result = await current_writer().store(message)
    if not message.is_repeat and result.status not in (StoreStatus.STORED, StoreStatus.COMMIT_UNKNOWN):
        current_limits().give_back(room, address)
    if result.status is StoreStatus.OUTSIDE:
        on_change(room_key(room.name))
    return _answer(result, frame.id)


def _to_store(
    room: Room, access: AccessVersion, member: Person, address: str | None, frame: Say | Delete
) -> NewMessage:
    """Count the frame against the limits of `address`. Raises ClientError above them."""
    if isinstance(frame, Delete):
        current_limits().take_message(room, address, None)
        return NewMessage(room, access, member, "", message_key(), kind="deleted", target=frame.seq)
    may_be_new = current_limits().take_message(room, address, frame.id)
    return NewMessage(room, access, member, frame.text, message_key(frame.id), is_repeat=not may_be_new)


def _answer(result: StoreResult, frame_id: str | None) -> Said | None:
    match result.status:
        case StoreStatus.REPEATED if frame_id is not None and result.row is not None:
            return Said(frame_id, result.row.seq)
        case StoreStatus.ID_USED:
            raise ClientError("id_used", "This id stands for another text of yours.", frame_id)
        case StoreStatus.NOT_STORED:
            raise too_many_messages(frame_id)
        case StoreStatus.FORBIDDEN:
            raise _forbidden(frame_id)
        case StoreStatus.OUTSIDE:
            raise _unavailable("The room has changed; connect again.", frame_id)
        case StoreStatus.UNAVAILABLE:
            raise _unavailable("The store is out of reach; say it again later.", frame_id)
        case StoreStatus.COMMIT_UNKNOWN:  # a client that reconnects and says it again gets the answer
            raise ConnectionDenied(CloseCode.UNAVAILABLE)
    return None


def message_key(frame_id: str | None = None) -> str:
    """Return the key of a message with this id of its sender, see `models.Message`."""
    return f"={frame_id}" if frame_id is not None else f":{secrets.token_hex(16)}"


def deliver_stored(batch: StoredBatch) -> None:
    """Deliver stored messages to the members here, and publish them to the other processes."""
    for message, result in batch:
        row = result.row
        if row is None:
            continue
        live_room = current_live_rooms().find(message.room)
        if result.status is StoreStatus.STORED:
            frame = protocol.stored_frame(message.room.name, row)
            text = protocol.encode(frame)
            _signal(message.room.name, frame)
            if live_room is not None:
                live_room.add_message(row.seq, Frame(text), message.access, row.target)
            if live_room is None or not live_room.is_alone:
                current_publisher().put(message, row.seq, text)
        elif live_room is not None:
            live_room.expect(row.seq)


async def _broadcast(message: NewMessage, frame_id: str | None) -> None:
    if message.target is not None:
        raise _forbidden(frame_id)
    try:
        await broadcast_message(message)
    except LayerUnavailable:
        raise _unavailable("The channel layer is out of reach; say it again later.", frame_id) from None


async def broadcast_message(message: NewMessage) -> None:
    """Send a message or a notice to the members of a room that keeps none. Raises LayerUnavailable."""
    room, text, at = message.room, message.text, protocol.timestamp(now())
    frame: NumberedFrame = MessageFrame(room.name, message.member, text, at, message.client_id)
    if message.kind == "notice":
        frame = Notice(text, at)
    await broadcast_frame(room, message.access, frame)
    _signal(room.name, frame)


async def broadcast_frame(room: Room, access: AccessVersion, frame: protocol.ServerFrame) -> None:
    """Send a frame without a number to the members of a room, at most once. Raises LayerUnavailable."""
    text, live_room = protocol.encode(frame), current_live_rooms().find(room)
    if live_room is None or not live_room.is_alone:
        origin = live_room and live_room.name
        await broadcast(room_group(room.name), text, access=access, epoch=room.epoch, origin=origin)
    # Deliver here without the layer, which may lose the event on its way back, for example after a restart of Redis.
    if live_room is not None:
        live_room.subscribers.write(Frame(text), access)


def tell_typing(room: Room, access: AccessVersion, member: Person) -> None:
    """Tell the others in the room that `member` is writing, unless they know or are many. Returns at once."""
    live_room = current_live_rooms().find(room)
    if live_room is None or len(live_room.presence.state.members) > TYPING_UP_TO:
        return
    if typists().exhausted(member.id):
        return
    text = protocol.encode(IsTyping(member))
    live_room.subscribers.tell_typing(Frame(text), access, member.id)
    if live_room.is_alone:
        return
    tags = {"access": access, "epoch": room.epoch, "origin": live_room.name, "typist": member.id}
    run_in_background(_publish_typing(room, text, tags), "typing")


async def _publish_typing(room: Room, text: str, tags: dict[str, Any]) -> None:
    with suppress(LayerUnavailable):
        await broadcast(room_group(room.name), text, **tags)


def _signal(room: str, frame: NumberedFrame) -> None:
    if isinstance(frame, MessageFrame):
        emit(message_posted, room=room, message=frame)
    elif isinstance(frame, Deleted):
        emit(message_deleted, room=room, seq=frame.seq, target=frame.target, by=frame.by)


def _forbidden(frame_id: str | None) -> ClientError:
    return ClientError("forbidden", "There is no message of yours with this number.", frame_id)


def _unavailable(detail: str, frame_id: str | None) -> ClientError:
    return ClientError("unavailable", detail, frame_id, counts=False)


class Publisher:
    """A queue that publishes stored messages to the other processes. No sender waits for it."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[NewMessage, int, str]] = asyncio.Queue(MAX_UNPUBLISHED)
        self._publishing: asyncio.Task[None] | None = None
        self._failures = FailureLog("publishing stored messages")

    @property
    def waiting(self) -> int:
        """The number of messages that are not published yet."""
        return self._queue.qsize()

    def put(self, message: NewMessage, seq: int, text: str) -> None:
        """Publish `message`, number `seq`, with its finished frame `text`. Returns at once."""
        if self._queue.full():
            self._queue.get_nowait()
            self._queue.task_done()
        self._queue.put_nowait((message, seq, text))
        if self._publishing is None or self._publishing.done():
            self._publishing = run_in_background(self._publish(), "rooms publisher")

    async def flush(self) -> None:
        """Wait until the other processes were told of everything, or cannot be."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAYER_TIMEOUT):
                await self._queue.join()

    async def _publish(self) -> None:
        while True:
            message, seq, text = await self._queue.get()
            tags = {"access": message.access, "epoch": message.room.epoch, "seq": seq}
            with self._failures:
                await broadcast(room_group(message.room.name), text, target=message.target, **tags)
            self._queue.task_done()


current_publisher = loop_local(Publisher)
current_writer = loop_local(lambda: Writer(deliver_stored))
