"""The live rooms of one process, each while a member is in it or is expected back."""

import asyncio
from collections.abc import Callable

from rooms.delivery.live_room import LiveRoom
from rooms.models import Room
from rooms.names import room_key
from rtproject.websocket.lifecycle import run_in_background
from rtproject.websocket.utils.loop_local import loop_local

RoomIdentity = tuple[str, int | None, str]  # key, primary key, epoch


class LiveRooms:
    """The live rooms by row and epoch. Use `current_live_rooms()`, one for each event loop."""

    def __init__(self) -> None:
        self._rooms: dict[RoomIdentity, LiveRoom] = {}
        self._users: dict[LiveRoom, int] = {}
        self._begun: dict[LiveRoom, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """The number of rooms."""
        return len(self._rooms)

    def find(self, room: Room) -> LiveRoom | None:
        """Return the live room of this row and epoch, if there is one."""
        return self._rooms.get(_identity(room))

    async def enter(self, room: Room, on_change: Callable[[str], None]) -> LiveRoom:
        """Return the live room of `room` after it has begun. Call `leave` once for each call.

        Many that enter at once wait for one beginning, and share its failure. Raises LayerUnavailable or
        django.db.Error.
        """
        identity = _identity(room)
        live_room = self._rooms.get(identity)
        if live_room is None:
            live_room = self._rooms[identity] = LiveRoom(room, on_change)
            begun = self._begun[live_room] = asyncio.create_task(live_room.begin(), name="live room")
            begun.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._users[live_room] = self._users.get(live_room, 0) + 1
        try:
            await asyncio.shield(self._begun[live_room])
        except BaseException:
            if self._begun[live_room].done():
                self._forget(live_room)
            # In the background: the denial must not wait for a layer that hangs.
            run_in_background(self.leave(live_room), "leaving a room")
            raise
        return live_room

    async def leave(self, live_room: LiveRoom) -> None:
        """Leave the room; end it when no member is left or expected back."""
        self._users[live_room] -= 1
        if self._users[live_room] == 0:
            if live_room.presence.expects_somebody():
                run_in_background(self._end_later(live_room), "end of a room")
            else:
                await self._end(live_room)

    async def _end_later(self, live_room: LiveRoom) -> None:
        await live_room.presence.until_no_one_is_expected()
        if self._users.get(live_room) == 0:
            await self._end(live_room)

    def _forget(self, live_room: LiveRoom) -> None:
        """Make the next newcomer get another live room."""
        identity = _identity(live_room.room)
        if self._rooms.get(identity) is live_room:
            del self._rooms[identity]

    async def _end(self, live_room: LiveRoom) -> None:
        del self._users[live_room]
        self._forget(live_room)
        begun = self._begun.pop(live_room)
        begun.cancel()  # a beginning that no one waits for must not leave the process in the group
        await asyncio.wait({begun})
        await live_room.close()


def _identity(room: Room) -> RoomIdentity:
    return room_key(room.name), room.pk, room.epoch


current_live_rooms = loop_local(LiveRooms)
