"""The second lesson: rooms, each guarded by a password if it has one."""

import time
from itertools import islice
from typing import cast

import msgspec
from django.conf import settings

from rooms import passwords, protocol
from rooms.access.loader import load_rooms
from rooms.access.versions import door_of, revocation_code
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.registry import current_live_rooms
from rooms.delivery.replay import catch_up, find_start
from rooms.enforcement import current_enforcement
from rooms.history.reader import older
from rooms.identity import identify
from rooms.models import Room
from rooms.names import is_room_name, room_key
from rooms.posting import say
from rooms.protocol import (
    BadFrame,
    Error,
    ErrorCode,
    History,
    Person,
    Ping,
    Pong,
    Say,
    ServerFrame,
    Welcome,
    decode,
)
from rtproject.websocket.addresses import client_address
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.throttling.rates import Bucket

# ConnectionDenied messages that a client may go on sending before it is turned away, as a multiple of what it may say.
VIOLATIONS_PER_MESSAGE = 10

MOST_NAMED = 100  # members in a welcome, the one who is welcomed among them

# Where a connection is, and who it belongs to, until that is known.
UNBOUND_ROOM, UNBOUND_MEMBER = Room(), Person("", "", guest=True)


class RoomConsumer(WebsocketConsumer):
    """A member's connection to one room."""

    def __init__(self) -> None:
        # All of its state at once: else the first connections, which come together, would each set a part of it, and
        # Python would then keep the attributes of every later one in a larger dictionary (400 bytes each).
        super().__init__()
        self.key = ""  # the room's name as it is compared; empty until it is known
        self.room = UNBOUND_ROOM
        self.door = ""  # see `doors.door_of`
        self.member = UNBOUND_MEMBER
        self.may_return = False  # by another connection
        self.last_disconnection = (
            0  # the last one that does not concern this connection, see `models.Disconnection`
        )
        self.live_room: LiveRoom | None = None  # what is said in the room
        self.is_present = False  # whether the others know
        self._allowance = Bucket.full(settings.ROOMS_MESSAGE_RATE)
        self._violations: Bucket | None = None  # with those who say more than they may

    async def connect(self) -> None:
        """Lets the client in. Nothing is accepted and no group joined before the password was right."""
        began = time.monotonic()
        name = self.scope["url_route"]["kwargs"]["room"]
        if not is_room_name(name):
            raise ConnectionDenied(CloseCode.NOT_FOUND)
        self.key = room_key(name)
        self.room = await self._find(batch=passwords.was_refused(client_address(self.scope)))
        self.door = door_of(self.room)
        self.last_disconnection = self.room.last_disconnection
        await self._check_password(began)
        self.member, self.may_return = identify(self.scope, self.query, self.key)
        if self.room.closed:
            raise ConnectionDenied(CloseCode.CLOSED)
        self.live_room = await self._enter()
        self._reserve_seat(self.live_room)
        now = await self._find()
        # Between our first look and our hearing of changes the room may have changed.
        code = revocation_code(self.room, now)
        if code is None and now.closed:
            code = CloseCode.CLOSED
        if code is None and self._is_full(self.live_room, now.member_limit):
            code = CloseCode.ROOM_FULL
        if code is not None:
            raise ConnectionDenied(code)
        if (
            self.live_room.epoch
        ):  # whatever anybody was shown anywhere before we came is shown here before we are
            await self.live_room.reach(now.sequence.last_seq)
        await self.accept()
        await self._welcome(self.live_room, now)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Obeys one frame. Raises ClientError for what cannot be obeyed."""
        if text_data is None:
            raise ClientError("bad_frame", "Frames of this protocol are text, not bytes.")
        try:
            frame = decode(text_data)
        except BadFrame as error:
            raise ClientError("bad_frame", str(error), error.frame_id) from None
        match frame:
            case Say():
                await self._say(frame)
            case History():
                await self._look_back(frame)
            case Ping():
                await self._answer(Pong())

    async def disconnect(self, code: int) -> None:
        """Gives up the place, if there was one."""
        current_enforcement().leave(self)
        if self.live_room is not None:
            self.live_room.subscribers.detach(self)
            if self.is_present:
                self.live_room.presence.leave(self.member.id, self.may_return)
            await current_live_rooms().leave(self.live_room)

    async def refuse_frame(self, error: ClientError) -> None:
        """Answers a frame that had no effect with an `error`."""
        await self._answer(Error(cast(ErrorCode, error.code), error.detail, error.frame_id))

    async def _find(self, batch: bool = False) -> Room:
        found = await load_rooms([self.key], batch)
        if self.key not in found:
            raise ConnectionDenied(CloseCode.NOT_FOUND)
        return found[self.key]

    async def _check_password(self, began: float) -> None:
        password = self.query.get("pass")
        if not password and passwords.is_admitted(self.scope.get("session"), self.room):
            return
        await passwords.verify(self.room, password, client_address(self.scope), began)

    def _reserve_seat(self, live_room: LiveRoom) -> None:
        """Enters the room unless it is full, in all processes as far as this one knows.

        Checks and enters in one step, so that two in one process cannot take one place.
        """
        if self._is_full(live_room, self.room.member_limit):
            raise ConnectionDenied(CloseCode.ROOM_FULL)
        current_enforcement().enter(self)

    def _is_full(self, live_room: LiveRoom, limit: int | None) -> bool:
        """Whether there is no place for this member. Who is on the way in has one, too."""
        if limit is None:
            return False
        coming = current_enforcement().members(self.key) | {self.member.id}
        return live_room.presence.state.count_with(coming) > limit

    async def _enter(self) -> LiveRoom:
        try:
            return await current_live_rooms().enter(self.room, current_enforcement().room_changed)
        except LayerUnavailable as error:
            raise ConnectionDenied(CloseCode.UNAVAILABLE) from error

    async def _welcome(self, live_room: LiveRoom, now: Room) -> None:
        """Sends the welcome, then what was said before, then whatever is said."""
        live_room.presence.enter(self.member)
        self.is_present = True
        look = live_room.presence.look()
        others = (person for person in look.people if person.id != self.member.id)
        named = [self.member, *islice(others, MOST_NAMED - 1)]
        welcome = Welcome(now.name, str(now), self.member, named, look.count, history=bool(live_room.epoch))
        position = 0
        if live_room.epoch:
            newest = live_room.shown
            gone = max(now.sequence.pruned, newest - now.history_size)
            position, recovered = find_start(self.query, live_room.epoch, newest, gone)
            numbered = {"epoch": live_room.epoch, "seq": newest, "recovered": recovered}
            welcome = msgspec.structs.replace(welcome, **numbered)
        await self._answer(welcome)
        await catch_up(live_room, self, position)
        for frame in live_room.presence.since(look):  # who came and went during the replay
            self.send_queue.write(frame)

    async def _say(self, frame: Say) -> None:
        if len(frame.text) > settings.ROOMS_MAX_TEXT:
            self._count_violation(
                "too_long", f"A text has at most {settings.ROOMS_MAX_TEXT} characters.", frame.id
            )
            return
        if self._throttle(frame.id):
            said = await say(self.room, self.door, self.member, frame, current_enforcement().room_changed)
            if said is not None:
                await self._answer(said)

    async def _look_back(self, frame: History) -> None:
        if self._throttle():
            await self._answer(await older(self.room, self.door, frame))

    def _throttle(self, frame_id: str | None = None) -> bool:
        """Counts what is work for the server. Raises ClientError if it was too much; False if it is over for that."""
        if self._allowance.take():
            return True
        self._count_violation(
            "rate_limited", "Too many messages from this connection; wait a second.", frame_id
        )
        return False

    def _count_violation(self, code: ErrorCode, detail: str, frame_id: str | None) -> None:
        """Raises ClientError with these; ends the connection of who goes on and on instead."""
        if self._violations is None:
            self._violations = Bucket.full(
                self._allowance.rate, VIOLATIONS_PER_MESSAGE * self._allowance.rate.count
            )
        if self._violations.take():
            raise ClientError(code, detail, frame_id)
        self.end(CloseCode.RATE_LIMITED)

    async def _answer(self, frame: ServerFrame) -> None:
        await self.send(text_data=protocol.encode(frame))
