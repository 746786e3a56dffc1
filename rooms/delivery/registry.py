"""The feeds of one process: each is there while somebody is in its room."""

import asyncio
from collections.abc import Callable

from rooms.delivery.live_room import Feed
from rooms.models import Room
from rooms.names import room_key
from rooms.presence.query import GROUP, Respondent
from rooms.presence.tracker import presences_here
from rtproject.utils.loop_local import loop_local
from rtproject.websocket.groups.registry import current_registry
from rtproject.websocket.lifecycle import run_in_background

Identity = tuple[str, int | None, str]


class Feeds:
    """Use `current_feeds()`."""

    def __init__(self) -> None:
        self._feeds: dict[Identity, Feed] = {}
        self._users: dict[Feed, int] = {}
        self._begun: dict[Feed, asyncio.Task[None]] = {}
        self._respondent = Respondent(presences_here())

    def find(self, room: Room) -> Feed | None:
        """The feed of this row and epoch, if anybody is in there."""
        return self._feeds.get(_identity(room))

    async def enter(self, room: Room, on_change: Callable[[str], None]) -> Feed:
        """The feed of `room`, which has begun; `leave` it in any case. Raises LayerUnavailable or django.db.Error.

        Many who come at once wait for one beginning, and share its failure.
        """
        feed = self._feeds.get(_identity(room))
        if feed is None:
            feed = self._feeds[_identity(room)] = Feed(room, on_change)
            begun = self._begun[feed] = asyncio.create_task(self._begin(feed), name=f"feed of {feed.key}")
            begun.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._users[feed] = self._users.get(feed, 0) + 1
        try:
            await asyncio.shield(self._begun[feed])
        except BaseException:
            if self._begun[feed].done():
                self._forget(feed)
            run_in_background(
                self.leave(feed), "leaving a feed"
            )  # the refusal must not wait for a layer that hangs
            raise
        return feed

    async def _begin(self, feed: Feed) -> None:
        await current_registry().join(GROUP, self._respondent)
        await feed.begin()

    async def leave(self, feed: Feed) -> None:
        """Gives `feed` up, once for each time it was entered. It ends when nobody is left, nor expected back."""
        self._users[feed] -= 1
        if self._users[feed] == 0:
            if feed.presence.expects_somebody():
                run_in_background(self._end_later(feed), "end of a feed")
            else:
                await self._end(feed)

    async def _end_later(self, feed: Feed) -> None:
        await feed.presence.until_nobody_is_expected()
        if self._users.get(feed) == 0:
            await self._end(feed)

    def _forget(self, feed: Feed) -> None:
        """The next one who comes gets another feed."""
        if self.find(feed.room) is feed:
            del self._feeds[_identity(feed.room)]

    async def _end(self, feed: Feed) -> None:
        del self._users[feed]
        self._forget(feed)
        begun = self._begun.pop(feed)
        begun.cancel()  # what nobody waits for any more must not hear the room for ever
        await asyncio.wait({begun})
        await feed.close()
        if not self._users:
            await current_registry().leave(GROUP, self._respondent)


def _identity(room: Room) -> Identity:
    return room_key(room.name), room.pk, room.epoch


current_feeds = loop_local(Feeds)
