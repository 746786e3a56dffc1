"""The second lesson: rooms, each guarded by a password if it has one."""

from datetime import UTC, datetime
from typing import cast

from django.conf import settings

from rooms import passwords, protocol
from rooms.doorkeeper import current_doorkeeper
from rooms.doors import door_of, find_rooms, judge, may_hear
from rooms.members import identify
from rooms.models import Room
from rooms.names import is_room_name, room_group, room_key
from rooms.protocol import (
    BadFrame,
    Error,
    ErrorCode,
    History,
    HistoryPage,
    Message,
    Person,
    Ping,
    Pong,
    Say,
    ServerFrame,
    Welcome,
)
from rtproject.websocket.addresses import client_address
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import Consumer
from rtproject.websocket.errors import ClientError, Refused, Unavailable
from rtproject.websocket.fanout import Event, broadcast
from rtproject.websocket.rates import Bucket

# Refused messages that a client may go on sending before it is turned away, as a multiple of what it may say.
PATIENCE = 10


class RoomConsumer(Consumer):
    """A member's connection to one room."""

    key = ""  # the room's name as it is compared; empty until it is known
    room: Room
    door: str  # see `doors.door_of`
    member: Person
    _patience: Bucket | None = None  # with those who say more than they may

    async def connect(self) -> None:
        """Lets the client in. Nothing is accepted and no group joined before the password was right."""
        name = self.scope["url_route"]["kwargs"]["room"]
        if not is_room_name(name):
            raise Refused(CloseCode.NOT_FOUND)
        self.key = room_key(name)
        self.room = await self._find()
        self.door = door_of(self.room)
        await self._check_password()
        self.member = identify(self.scope, self.query, self.key)
        self._take_place()
        await self.join(room_group(self.key))
        # Between our first look and our hearing of changes the room may have changed.
        code = judge(self.room, (await find_rooms([self.key])).get(self.key))
        if code is not None:
            raise Refused(code)
        self._allowance = Bucket.full(settings.ROOMS_MESSAGE_RATE)
        await self.accept()
        await self._answer(Welcome(self.room.name, str(self.room), self.member, history=False))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Obeys one frame. Raises ClientError for what cannot be obeyed."""
        if text_data is None:
            raise ClientError("bad_frame", "Frames of this protocol are text, not bytes.")
        try:
            frame = protocol.decode(text_data)
        except BadFrame as error:
            raise ClientError("bad_frame", str(error), error.frame_id) from None
        match frame:
            case Say():
                await self._say(frame)
            case History():
                await self._answer(HistoryPage([], more=False))
            case Ping():
                await self._answer(Pong())

    async def disconnect(self, code: int) -> None:
        """Gives up the place, if there was one."""
        current_doorkeeper().leave(self)

    def deliver(self, event: Event) -> None:
        """Hands on what somebody in this very room said; a change of the room is for the doorkeeper."""
        if event.frame is None or not may_hear(self.door, event.tags["door"]):
            current_doorkeeper().room_changed(
                self.key
            )  # or the other one is behind: then it is told by its own
        else:
            self.outbox.write(event.frame)

    async def refuse_frame(self, error: ClientError) -> None:
        """Answers a frame that had no effect with an `error`."""
        await self._answer(Error(cast(ErrorCode, error.code), error.detail, error.frame_id))

    async def _find(self) -> Room:
        found: dict[str, Room] = await find_rooms([self.key])
        if self.key not in found:
            raise Refused(CloseCode.NOT_FOUND)
        return found[self.key]

    async def _check_password(self) -> None:
        password = self.query.get("pass")
        if password is None and passwords.is_admitted(self.scope.get("session"), self.room):
            return
        await passwords.verify(self.room, password, client_address(self.scope))

    def _take_place(self) -> None:
        """Enters the room if it takes newcomers. Checks and enters in one step, so that two cannot take one place."""
        doorkeeper = current_doorkeeper()
        if self.room.closed:
            raise Refused(CloseCode.CLOSED)
        limit = self.room.member_limit
        if limit is not None and len(doorkeeper.members(self.key) | {self.member.id}) > limit:
            raise Refused(CloseCode.ROOM_FULL)
        doorkeeper.enter(self)

    async def _say(self, frame: Say) -> None:
        if len(frame.text) > settings.ROOMS_MAX_TEXT:
            raise ClientError(
                "too_long", f"A text has at most {settings.ROOMS_MAX_TEXT} characters.", frame.id
            )
        if not self._allowance.take():
            if self._patience is None:
                self._patience = Bucket.full(self._allowance.rate, PATIENCE * self._allowance.rate.count)
            if not self._patience.take():
                self.end(CloseCode.RATE_LIMITED)
                return
            raise ClientError(
                "rate_limited", "Too many messages from this connection; wait a second.", frame.id
            )
        message = Message(
            self.room.name, self.member, frame.text, protocol.timestamp(datetime.now(UTC)), frame.id
        )
        try:
            await broadcast(room_group(self.key), protocol.encode(message), door=self.door)
        except Unavailable:
            raise ClientError(
                "unavailable", "The channel layer is out of reach; say it again later.", frame.id
            ) from None

    async def _answer(self, frame: ServerFrame) -> None:
        await self.send(text_data=protocol.encode(frame))
