"""The live_rooms of one process: each is there while somebody is in its room."""

import asyncio
from collections.abc import Callable

from rooms.delivery.live_room import LiveRoom
from rooms.models import Room
from rooms.names import room_key
from rooms.presence.query import GROUP, PresenceResponder
from rooms.presence.tracker import local_trackers
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.groups.registry import current_registry
from rtproject.websocket.lifecycle import run_in_background

RoomKey = tuple[str, int | None, str]


class LiveRooms:
    """Use `current_live_rooms()`."""

    def __init__(self) -> None:
        self._live_rooms: dict[RoomKey, LiveRoom] = {}
        self._users: dict[LiveRoom, int] = {}
        self._begun: dict[LiveRoom, asyncio.Task[None]] = {}
        self._responder = PresenceResponder(local_trackers())

    def find(self, room: Room) -> LiveRoom | None:
        """The live_room of this row and epoch, if anybody is in there."""
        return self._live_rooms.get(_room_key(room))

    async def enter(self, room: Room, on_change: Callable[[str], None]) -> LiveRoom:
        """The live_room of `room`, which has begun; `leave` it in any case. Raises LayerUnavailable or django.db.Error.

        Many who come at once wait for one beginning, and share its failure.
        """
        live_room = self._live_rooms.get(_room_key(room))
        if live_room is None:
            live_room = self._live_rooms[_room_key(room)] = LiveRoom(room, on_change)
            begun = self._begun[live_room] = asyncio.create_task(
                self._begin(live_room), name=f"live_room of {live_room.key}"
            )
            begun.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._users[live_room] = self._users.get(live_room, 0) + 1
        try:
            await asyncio.shield(self._begun[live_room])
        except BaseException:
            if self._begun[live_room].done():
                self._forget(live_room)
            run_in_background(
                self.leave(live_room), "leaving a live_room"
            )  # the refusal must not wait for a layer that hangs
            raise
        return live_room

    async def _begin(self, live_room: LiveRoom) -> None:
        await current_registry().join(GROUP, self._responder)
        await live_room.begin()

    async def leave(self, live_room: LiveRoom) -> None:
        """Gives `live_room` up, once for each time it was entered. It ends when nobody is left, nor expected back."""
        self._users[live_room] -= 1
        if self._users[live_room] == 0:
            if live_room.presence.expects_somebody():
                run_in_background(self._end_later(live_room), "end of a live_room")
            else:
                await self._end(live_room)

    async def _end_later(self, live_room: LiveRoom) -> None:
        await live_room.presence.until_nobody_is_expected()
        if self._users.get(live_room) == 0:
            await self._end(live_room)

    def _forget(self, live_room: LiveRoom) -> None:
        """The next one who comes gets another live_room."""
        if self.find(live_room.room) is live_room:
            del self._live_rooms[_room_key(live_room.room)]

    async def _end(self, live_room: LiveRoom) -> None:
        del self._users[live_room]
        self._forget(live_room)
        begun = self._begun.pop(live_room)
        begun.cancel()  # what nobody waits for any more must not hear the room for ever
        await asyncio.wait({begun})
        await live_room.close()
        if not self._users:
            await current_registry().leave(GROUP, self._responder)


def _room_key(room: Room) -> RoomKey:
    return room_key(room.name), room.pk, room.epoch


current_live_rooms = loop_local(LiveRooms)
