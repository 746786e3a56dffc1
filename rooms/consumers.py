"""The consumer of `/ws/<room>`: rooms, each guarded by a password if it has one."""

import asyncio
import time
from itertools import islice
from typing import Any, cast

import msgspec
from django.conf import settings

from rooms import protocol
from rooms.access import passwords
from rooms.access.loader import load_rooms
from rooms.access.moderation import log_deletion, may_delete
from rooms.access.rules import ask_rules, entry_refusal, in_groups
from rooms.access.tokens import read_token
from rooms.access.versions import AccessVersion, access_version, revocation_code
from rooms.delivery.live_room import LiveRoom
from rooms.delivery.registry import current_live_rooms
from rooms.delivery.replay import catch_up, find_start
from rooms.enforcement import current_enforcement
from rooms.history.reader import history_page
from rooms.identity import MODERATOR, Visitor, identify, identity_of, is_banned, user_of
from rooms.limits import current_limits
from rooms.models import Room
from rooms.names import is_room_name, room_key
from rooms.posting import post_message, tell_typing
from rooms.protocol import BadFrame, Delete, History, Person, Ping, Pong, Say, Typing, Welcome, decode
from rooms.signals import connection_refused, emit
from rtproject.websocket.addresses import client_address
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.consumer import WebsocketConsumer
from rtproject.websocket.exceptions import ClientError, ConnectionDenied, LayerUnavailable
from rtproject.websocket.throttling.rates import Bucket

MAX_NAMED = 100  # members in a welcome, the newcomer among them

# Placeholders until `connect()`.
UNBOUND_ROOM, UNBOUND_MEMBER = Room(), Person("", "", guest=True)
UNBOUND_ACCESS = AccessVersion(0, 0, guarded=False)


class RoomConsumer(WebsocketConsumer):
    """A member's connection to one room."""

    def __init__(self) -> None:
        # Set every attribute here: Python shares the key table of the attributes between instances only if all of them
        # are set in one order, which saves 400 bytes a connection.
        super().__init__()
        self.key = ""  # the room's name as it is compared
        self.room = UNBOUND_ROOM
        self.access = UNBOUND_ACCESS
        self.member = UNBOUND_MEMBER
        self.external: Visitor | None = None  # whom a token names
        self._token_end: asyncio.TimerHandle | None = None
        self.may_return = False  # the same member may come back by another connection
        self.address: str | None = None  # None for a caller inside the process
        # The newest that does not concern this connection, see `models.Disconnection`.
        self.last_disconnection = 0
        self.live_room: LiveRoom | None = None
        self.is_present = False  # the other members were told
        self._allowance = Bucket.full(settings.ROOMS_MESSAGE_RATE)
        self._refusals: Bucket | None = None
        if self._allowance.rate.count:
            self.refusal_rate = self._allowance.rate

    @property
    def user(self) -> Any:
        """Whom the rules of entry are asked about, see `identity.user_of`."""
        return user_of(self.scope, self.member, self.external)

    @property
    def identity(self) -> str | None:
        """What bans are of, see `identity.identity_of`."""
        return identity_of(self.scope, self.query, self.external)

    @property
    def session_key(self) -> str | None:
        """The key of the session by which a Django user is logged in."""
        session = self.scope.get("session")
        return session.session_key if session is not None and self.user.is_authenticated else None

    async def connect(self) -> None:
        """Check who may enter, then join the group, accept, and send the welcome."""
        began = time.monotonic()
        name, self.address = self.scope["url_route"]["kwargs"]["room"], client_address(self.scope)
        if not is_room_name(name):
            raise ConnectionDenied(CloseCode.NOT_FOUND)
        self.key = room_key(name)
        self.room = await self._load(batch=passwords.was_refused(self.address))
        if not self.room.pk and not current_limits().enter_unlisted(self.key, self.address, self):
            raise ConnectionDenied(CloseCode.RATE_LIMITED)
        self.access = access_version(self.room)
        self.last_disconnection = self.room.last_disconnection
        await self._check_password(began)
        self._identify()
        await self._check_member()
        self.live_room = await self._enter()
        current_enforcement().enter(self)
        # Again, on purpose: the room may have changed between the first load and joining its group.
        now = await self._load()
        await self._check_again(now)
        if self.live_room.epoch:  # deliver here first what members elsewhere have seen already
            self.live_room.follow(now.sequence)
            await self.live_room.wait_for(now.sequence.last_seq)
        await self._reserve_place(self.live_room, now.member_limit)
        await self.accept()
        await self._welcome(self.live_room, now)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame. Raises ClientError if it has no effect."""
        if text_data is None:
            raise ClientError("bad_frame", "Frames of this protocol are text, not bytes.")
        try:
            frame = decode(text_data)
        except BadFrame as error:
            raise ClientError("bad_frame", str(error), error.frame_id) from None
        match frame:
            case Say():
                await self._say(frame)
            case Delete():
                await self._delete(frame)
            case History():
                await self._send_history(frame)
            case Typing():
                if await self._may_say():  # else no one is told, as above the rate
                    tell_typing(self.room, self.access, self.member)
            case Ping():
                await self._answer(Pong())

    async def disconnect(self, code: int) -> None:
        if not self.open and self.ended_with is not None:
            told = {"code": self.ended_with, "address": self.address}
            emit(connection_refused, room=self.scope["url_route"]["kwargs"]["room"], **told)
        if self._token_end is not None:
            self._token_end.cancel()
        current_enforcement().leave(self)
        current_limits().leave_unlisted(self.key, self.address, self)
        if self.live_room is not None:
            self.live_room.subscribers.remove(self)
            if self.is_present:
                self.live_room.presence.leave(self.member.id, self.may_return)
            await current_live_rooms().leave(self.live_room)

    async def refuse_frame(self, error: ClientError) -> None:
        await self._answer(protocol.Error(cast(protocol.ErrorCode, error.code), error.detail, error.frame_id))

    async def _load(self, batch: bool = False) -> Room:
        found = await load_rooms([self.key], batch)
        if self.key not in found:
            raise ConnectionDenied(CloseCode.NOT_FOUND)
        return found[self.key]

    async def _check_password(self, began: float) -> None:
        password = self.query.get("pass")
        if not password and passwords.is_admitted(self.scope.get("session"), self.room):
            return
        await passwords.verify(self.room, password, self.address, began)

    def _identify(self) -> None:
        """Find out who this is. A token that is not valid here never falls back to a guest."""
        if (token := self.query.get("token")) is not None:
            if (named := read_token(token, self.key)) is None:
                raise ConnectionDenied(CloseCode.FORBIDDEN)
            self.external, until = named
            loop = asyncio.get_running_loop()
            self._token_end = loop.call_later(until - time.time(), self.end, CloseCode.FORBIDDEN)
        self.member, self.may_return = identify(self.scope, self.query, self.key, self.external)

    async def _check_member(self) -> None:
        if is_banned(self.room, self.member, self.identity):
            raise ConnectionDenied(CloseCode.BANNED)
        if (code := await entry_refusal(self.user, self.room)) is not None:
            raise ConnectionDenied(code)
        if self.room.closed:
            raise ConnectionDenied(CloseCode.CLOSED)

    async def _check_again(self, now: Room) -> None:
        code = revocation_code(self.room, now)
        if code is None and is_banned(now, self.member, self.identity):
            code = CloseCode.BANNED
        if code is None and now.closed:
            code = CloseCode.CLOSED
        if code is None and now.restricted and not await in_groups(now, [self.user.pk]):
            code = CloseCode.FORBIDDEN
        if code is not None:
            raise ConnectionDenied(code)

    async def _enter(self) -> LiveRoom:
        try:
            return await current_live_rooms().enter(self.room, current_enforcement().room_changed)
        except LayerUnavailable as error:
            raise ConnectionDenied(CloseCode.UNAVAILABLE) from error

    async def _reserve_place(self, live_room: LiveRoom, limit: int | None) -> None:
        """Become present unless the room is full: the last step, since the others are told."""
        try:
            entered = await live_room.presence.enter(self.member, self.address, limit)
        except LayerUnavailable as error:
            raise ConnectionDenied(CloseCode.UNAVAILABLE) from error
        if not entered:
            raise ConnectionDenied(CloseCode.ROOM_FULL)
        self.is_present = True

    async def _welcome(self, live_room: LiveRoom, now: Room) -> None:
        """Send the welcome, then the replay, then subscribe to new messages."""
        look = live_room.presence.look()
        others = (person for person in look.people if person.id != self.member.id)
        named = [self.member, *islice(others, MAX_NAMED - 1)]
        welcome = Welcome(now.name, str(now), self.member, named, look.count, history=bool(live_room.epoch))
        if not live_room.epoch:
            # Frames are held until the end of `connect`, so the welcome comes first.
            live_room.subscribers.add(self)
            await self._answer(welcome)
            return
        newest = live_room.delivered
        pruned_through = max(now.sequence.pruned, newest - now.history_size)
        position, recovered = find_start(self.query, live_room.epoch, newest, pruned_through)
        numbered = {"epoch": live_room.epoch, "seq": newest, "recovered": recovered}
        await self._answer(msgspec.structs.replace(welcome, **numbered))
        await catch_up(live_room, self, position)
        for frame in live_room.presence.since(look):  # members that came and went during the replay
            self.send_queue.write(frame)

    async def _say(self, frame: Say) -> None:
        if len(frame.text) > settings.ROOMS_MAX_TEXT:
            raise ClientError(
                "too_long", f"A text has at most {settings.ROOMS_MAX_TEXT} characters.", frame.id
            )
        self._throttle(frame.id)
        may_say = await self._may_say()
        if may_say is None:
            raise ClientError("unavailable", "The rules of this site do not answer.", frame.id, counts=False)
        if not may_say:
            raise ClientError("forbidden", "The rules of this site do not let you.", frame.id, counts=False)
        said = await self._post(frame, self.member)
        if said is not None:
            await self._answer(said)

    async def _delete(self, frame: Delete) -> None:
        """Delete one's own message, or as a moderator any."""
        self._throttle(frame.id)
        try:
            await self._post(frame, self.member)
        except ClientError as error:
            if error.code != "forbidden" or not await may_delete(self.user):
                raise
            await self._post(frame, MODERATOR)
            await log_deletion(self.user, self.room, frame.seq)

    async def _post(self, frame: Say | Delete, member: Person) -> protocol.Said | None:
        on_change = current_enforcement().room_changed
        return await post_message(self.room, self.access, member, self.address, frame, on_change)

    async def _may_say(self) -> bool | None:
        return await ask_rules("may_say", self.user, self.room)

    async def _send_history(self, frame: History) -> None:
        self._throttle()
        while True:
            page = await history_page(self.room, self.access, frame)
            await self.send_queue.flush()
            # A page that was read before a deletion must not come after it.
            if self.live_room is None or page.newest >= self.live_room.last_deletion:
                break
        await self.send_queue.write_through(page.frame)

    def _throttle(self, frame_id: str | None = None) -> None:
        """Count a frame that is work for the server. Raises ClientError above the rate."""
        if not self._allowance.take():
            detail = "Too many messages from this connection; wait a second."
            raise ClientError("rate_limited", detail, frame_id)

    async def _answer(self, frame: protocol.ServerFrame) -> None:
        await self.send(text_data=protocol.encode(frame))
