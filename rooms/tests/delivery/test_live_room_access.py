"""Who hears what: the doors that people came in by, and events that belong elsewhere."""

import pytest

from rooms.access.versions import AccessVersion
from rooms.delivery.live_room import LiveRoom
from rooms.models import Room
from rooms.tests.listeners import (
    NEWER,
    OPEN,
    Member,
    Store,
    attached,
    begun_live_room,
    event,
    listed_room,
    numbers,
    until,
)
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.tests.helpers import settle


class TestDoors:
    async def test_an_older_door_hears_nothing_of_a_newer_one(self, live_room: LiveRoom) -> None:
        """Who came in before the password was set is turned away, without a word and before anything later."""
        old, new = attached(live_room), attached(live_room, NEWER)
        live_room.deliver(event(5))
        live_room.deliver(event(6, NEWER))
        live_room.deliver(event(7))
        await settle()
        assert (old.heard, old.code) == (["5"], CloseCode.PASSWORD_CHANGED)
        assert (new.heard, new.code) == (numbers(5, 7), None)

    async def test_what_is_found_in_the_store_counts_as_said_by_the_door_of_now(
        self, store: Store, live_room: LiveRoom
    ) -> None:
        """By which door it was said nobody knows any more."""
        old, new = attached(live_room), attached(live_room, NEWER)
        store.newest, store.access = 5, NEWER
        live_room.expect(5)
        await until(lambda: new.heard == ["5"])
        assert (old.heard, old.code) == ([], CloseCode.PASSWORD_CHANGED)

    async def test_a_removed_password_parts_nobody(self, live_room: LiveRoom) -> None:
        """Who came in by it hears who comes in without, and the other way round."""
        before, after = attached(live_room, NEWER), attached(live_room, AccessVersion(1, 2, guarded=False))
        live_room.deliver(event(5, AccessVersion(1, 2, guarded=False)))
        live_room.deliver(event(6, NEWER))
        await settle()
        assert before.heard == after.heard == ["5", "6"]


class TestChanges:
    @pytest.mark.parametrize(
        "news",
        [
            GroupEvent(None, {}),
            event(5, epoch="other"),
            GroupEvent("5", {"access": [0, 0, False]}),
            GroupEvent("5", {"notice": 2}),
        ],
    )
    async def test_what_does_not_belong_here_is_a_reason_to_look(
        self, store: Store, news: GroupEvent
    ) -> None:
        """An announced change, another sequence, or an unlisted room of this name: nobody hears it."""
        changed: list[str] = []
        live_room = await begun_live_room(changed.append)
        member = attached(live_room)
        live_room.deliver(news)
        await settle()
        assert (member.heard, changed) == ([], ["lobby"])


class TestNotices:
    @pytest.mark.parametrize("access", [OPEN, NEWER])
    async def test_everybody_inside_sees_a_notice(self, live_room: LiveRoom, access: AccessVersion) -> None:
        """It has no number, and belongs to the row and not to a door."""
        member = attached(live_room, access)
        live_room.deliver(GroupEvent("notice", {"notice": 1}))
        await settle()
        assert (member.heard, live_room.delivered) == (["notice"], 4)


class TestWithoutHistory:
    @pytest.mark.parametrize(
        "other", [event(5), GroupEvent("5", {"notice": 1}), GroupEvent("5", {"access": list(NEWER)})]
    )
    async def test_an_unlisted_room_hears_nothing_of_a_listed_one(self, other: GroupEvent) -> None:
        """Whoever sits in the open room of this name, while its process has not heard of the new one."""
        changed: list[str] = []
        live_room = await begun_live_room(changed.append, Room(name="lobby"))
        member = attached(live_room, AccessVersion(0, 0, guarded=False))
        live_room.deliver(other)
        await settle()
        assert (member.heard, changed) == ([], ["lobby"])

    async def test_everything_is_shown_as_it_comes(self) -> None:
        """An unlisted room has no numbers, and nothing is read."""
        live_room = await begun_live_room(room=listed_room(epoch=""))
        member = attached(live_room)
        for text in ("a", "b", "a"):
            live_room.deliver(GroupEvent(text, {"access": list(OPEN)}))
        await settle()
        assert member.heard == ["a", "b", "a"]
        assert live_room.delivered == 0

    async def test_other_doors_are_a_reason_to_look(self) -> None:
        """They do not hear each other, and somebody is behind."""
        changed: list[str] = []
        live_room = await begun_live_room(changed.append, listed_room(epoch=""))
        members: list[Member] = [attached(live_room), attached(live_room, NEWER)]
        live_room.deliver(GroupEvent("a", {"access": list(NEWER)}))
        await settle()
        assert [member.heard for member in members] == [[], ["a"]]
        assert changed == ["lobby"]
