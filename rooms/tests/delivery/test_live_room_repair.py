"""What a live_room does when the layer did not bring a message, and what it does about holes."""

import logging

import pytest

from rooms.delivery import live_room as module
from rooms.delivery.live_room import LiveRoom
from rooms.tests.listeners import Store, attached, begun_live_room, event, numbers, until
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.tests.helpers import settle


class TestRepair:
    async def test_what_is_missing_comes_from_the_store(self, store: Store, live_room: LiveRoom) -> None:
        """A lost event is noticed by the next one."""
        member = attached(live_room)
        store.newest = 7
        live_room.deliver(event(7))
        await until(lambda: member.heard == numbers(5, 7))

    async def test_the_last_of_all_comes_from_the_store(self, store: Store, live_room: LiveRoom) -> None:
        """Nothing follows it: somebody has to say that it is there."""
        member = attached(live_room)
        store.newest = 6
        live_room.expect(6)
        await until(lambda: member.heard == numbers(5, 6))

    async def test_what_is_only_late_is_not_looked_for(
        self, store: Store, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An event that comes by itself in time costs no query."""
        monkeypatch.setattr(module, "LATE_SECONDS", 0.01)
        live_room.expect(6)
        live_room.deliver(event(6))
        live_room.deliver(event(5))
        await until(lambda: live_room._repairing is None)
        assert store.asked.empty()

    async def test_a_long_gap_is_read_in_pages(
        self, store: Store, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And what is too far ahead is not kept, but read when its turn has come."""
        monkeypatch.setattr(module, "PAGE", 3)
        monkeypatch.setattr(module, "MAX_AHEAD", 2)
        member = attached(live_room)
        store.newest = 14
        for seq in (14, 13, 12, 6):
            live_room.deliver(event(seq))
        await until(lambda: member.heard == numbers(5, 14))
        assert [store.asked.get_nowait() for _ in range(store.asked.qsize())] == [4, 7, 10, 13]
        assert not live_room._ahead

    async def test_a_long_gap_is_read_without_a_pause(
        self, store: Store, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is known to be missing does not come by itself while it is read."""
        monkeypatch.setattr(module, "PAGE", 3)
        member = attached(live_room)
        store.newest = 14
        store.gate.clear()
        live_room.expect(14)
        await store.asked.get()
        monkeypatch.setattr(module, "LATE_SECONDS", 600)
        store.gate.set()
        await until(lambda: member.heard == numbers(5, 14))

    async def test_what_comes_meanwhile_is_not_shown_twice(self, store: Store, live_room: LiveRoom) -> None:
        """While the store answers the layer may bring what it was asked for."""
        member = attached(live_room)
        store.newest = 7
        store.gate.clear()
        live_room.expect(7)
        await store.asked.get()
        for seq in (5, 6, 8):
            live_room.deliver(event(seq))
        store.newest = 8
        store.gate.set()
        await until(lambda: live_room.delivered == 8)
        await settle()
        assert member.heard == numbers(5, 8)

    async def test_while_the_store_is_away_it_is_asked_again(
        self, store: Store, live_room: LiveRoom, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Said once, and when it is there again everybody has everything."""
        caplog.set_level(logging.INFO)
        member = attached(live_room)
        store.newest, store.failing = 6, True
        live_room.deliver(event(6))
        for _ in range(3):
            await store.asked.get()
        assert member.heard == []
        store.failing = False
        await until(lambda: member.heard == numbers(5, 6))
        assert [record.message for record in caplog.records if "reading messages" in record.message] == [
            "reading messages of room lobby fails, and is tried again: OperationalError: no store",
            "reading messages of room lobby works again",
        ]

    async def test_only_gaps_are_logged(
        self, store: Store, live_room: LiveRoom, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A message that came by itself while the store answered was no gap."""
        caplog.set_level(logging.INFO)
        store.newest = 5
        store.gate.clear()
        live_room.expect(5)
        await store.asked.get()
        live_room.deliver(event(5))
        store.gate.set()
        await until(lambda: live_room._repairing is None)
        assert "repaired" not in caplog.text
        store.newest = 7
        live_room.expect(7)
        await until(lambda: live_room.delivered == 7)
        assert "room lobby: repaired a gap of 2" in caplog.text

    @pytest.mark.parametrize("epoch", ["", "other"])
    async def test_a_room_that_is_another_one_now_is_not_read_into(self, store: Store, epoch: str) -> None:
        """Somebody has to look at it, and nothing more is expected here."""
        changed: list[str] = []
        live_room = await begun_live_room(changed.append)
        member = attached(live_room)
        store.epoch, store.newest = epoch, 6
        live_room.expect(6)
        await until(lambda: changed == ["lobby"])
        await until(lambda: live_room._repairing is None)
        assert (member.heard, live_room.delivered) == ([], 4)

    async def test_a_feed_that_is_closed_looks_for_nothing(self, store: Store, live_room: LiveRoom) -> None:
        """Nobody listens any more, so a store that stays away is not asked for ever."""
        store.failing = True
        live_room.expect(5)
        await store.asked.get()
        await live_room.close()
        await settle()
        assert not [task for task in running_tasks().background if task.get_name() == "repair of lobby"]


class TestHoles:
    async def test_what_was_deleted_before_it_was_shown_is_skipped(
        self, store: Store, live_room: LiveRoom, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is an error for the log, and no reason to show nothing ever again."""
        member = attached(live_room)
        store.newest, store.pruned = 9, 7
        live_room.expect(9)
        await until(lambda: member.heard == numbers(8, 9))
        assert "room lobby: messages up to 7 were deleted before they were delivered" in caplog.text

    async def test_what_is_here_already_is_not_skipped(self, store: Store, live_room: LiveRoom) -> None:
        """Behind the hole comes first what the layer brought before its turn."""
        member = attached(live_room)
        store.newest, store.pruned = 9, 7
        live_room.deliver(event(8))
        await until(lambda: live_room.delivered == 9)
        await settle()
        assert member.heard == numbers(8, 9)
