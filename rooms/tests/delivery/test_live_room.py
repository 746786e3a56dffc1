"""A room's live_room: the order, and from when on somebody hears it."""

import asyncio

import pytest

from rooms.delivery import subscribers
from rooms.delivery.live_room import LiveRoom
from rooms.tests.listeners import OPEN, Store, attached, event, numbers
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class TestOrder:
    @pytest.mark.parametrize(
        "order", [[5, 6, 7], [5, 5, 6, 5, 6, 7, 7], [7, 6, 5], [6, 5, 7], [1, 5, 4, 6, 3, 7]]
    )
    async def test_each_is_shown_once_in_its_turn(
        self, store: Store, live_room: LiveRoom, order: list[int]
    ) -> None:
        """Whatever the layer repeats or reorders, and however old it is."""
        member = attached(live_room)
        store.newest = 7
        for seq in order:
            live_room.deliver(event(seq))
        await settle()
        assert member.heard == numbers(5, 7)
        assert live_room.delivered == 7

    async def test_what_comes_together_is_written_together(
        self, live_room: LiveRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One write for each member, however many messages there are, unless they are very long."""
        written: list[int] = []
        attached(live_room)
        monkeypatch.setattr(SendQueue, "write", lambda self, frame: written.append(len(frame.messages)))
        for seq in (5, 6, 7):
            live_room.deliver(event(seq))
        assert written == []
        await settle()
        assert written == [3]
        for seq in (8, 9, 10):
            live_room.add_message(seq, Frame("x" * subscribers.MAX_WRITE), OPEN)
        await settle()
        assert written == [3, 1, 1, 1]

    async def test_the_own_process_does_not_wait_for_the_layer(self, live_room: LiveRoom) -> None:
        """What was stored here is shown at once, and the event that comes later shows nothing new."""
        member = attached(live_room)
        live_room.add_message(5, Frame("5"), OPEN)
        await settle()
        live_room.deliver(event(5))
        await settle()
        assert member.heard == ["5"]


class TestListeners:
    async def test_who_comes_gets_no_repeat(self, live_room: LiveRoom) -> None:
        """What was shown before is not written to it, not even what is still on its way to the others."""
        early = attached(live_room)
        live_room.deliver(event(5))
        late = attached(live_room)
        live_room.deliver(event(6))
        await settle()
        assert (early.heard, late.heard) == (["5", "6"], ["6"])

    async def test_who_left_hears_nothing_more(self, live_room: LiveRoom) -> None:
        """Not even what was on its way; and leaving twice does nothing."""
        member, other = attached(live_room), attached(live_room)
        live_room.deliver(event(5))
        live_room.subscribers.remove(member)
        live_room.subscribers.remove(member)
        await settle()
        assert (member.heard, other.heard) == ([], ["5"])

    async def test_one_who_does_not_read_delays_nobody(self, live_room: LiveRoom) -> None:
        """Everybody has a backlog of their own."""
        slow, quick = attached(live_room), attached(live_room)
        slow.reading.clear()
        for seq in (5, 6, 7):
            live_room.deliver(event(seq))
            await settle()
        assert (slow.heard, quick.heard) == ([], numbers(5, 7))


class TestReach:
    async def test_returns_if_it_was_shown(self, store: Store, live_room: LiveRoom) -> None:
        """Also for what was shown long ago, and nothing is read."""
        for seq in (4, 1):
            await live_room.wait_for(seq)
        assert store.asked.empty()

    async def test_returns_when_it_was_shown(self, store: Store, live_room: LiveRoom) -> None:
        """Several may wait for several, and each waits for no longer than its own takes."""
        store.gate.clear()
        waiting = [asyncio.create_task(live_room.wait_for(seq)) for seq in (6, 5)]
        await settle()
        live_room.deliver(event(5))
        await settle()
        assert [task.done() for task in waiting] == [False, True]
        live_room.deliver(event(6))
        await asyncio.gather(*waiting)

    async def test_what_is_reached_is_looked_for(self, store: Store, live_room: LiveRoom) -> None:
        """Nobody waits for an event that may never come; who gives up costs the others nothing."""
        member = attached(live_room)
        store.newest = 6
        given_up = asyncio.create_task(live_room.wait_for(6))
        await asyncio.sleep(0)
        given_up.cancel()
        await live_room.wait_for(6)
        await settle()
        assert member.heard == ["5", "6"]
