"""A room's feed: the order, and from when on somebody hears it."""

import asyncio

import pytest

from rooms.delivery import subscribers as audience
from rooms.delivery.live_room import Feed
from rooms.tests.listeners import Store, attached, event, numbers
from rtproject.websocket.started import Started
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame
from rtproject.websocket.transport.send_queue import SendQueue


class TestOrder:
    @pytest.mark.parametrize(
        "order", [[5, 6, 7], [5, 5, 6, 5, 6, 7, 7], [7, 6, 5], [6, 5, 7], [1, 5, 4, 6, 3, 7]]
    )
    async def test_each_is_shown_once_in_its_turn(self, store: Store, feed: Feed, order: list[int]) -> None:
        """Whatever the layer repeats or reorders, and however old it is."""
        member = attached(feed)
        store.newest = 7
        for seq in order:
            feed.deliver(event(seq))
        await settle()
        assert member.heard == numbers(5, 7)
        assert feed.shown == 7

    async def test_what_comes_together_is_written_together(
        self, feed: Feed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One write for each member, however many messages there are, unless they are very long."""
        written: list[int] = []
        attached(feed)
        monkeypatch.setattr(SendQueue, "write", lambda self, frame: written.append(len(frame.messages)))
        for seq in (5, 6, 7):
            feed.deliver(event(seq))
        assert written == []
        await settle()
        assert written == [3]
        for seq in (8, 9, 10):
            feed.take(seq, Frame("x" * audience.MOST_AT_ONCE), "1:0:0")
        await settle()
        assert written == [3, 1, 1, 1]

    async def test_the_own_process_does_not_wait_for_the_layer(self, feed: Feed) -> None:
        """What was stored here is shown at once, and the event that comes later shows nothing new."""
        member = attached(feed)
        feed.take(5, Frame("5"), "1:0:0")
        await settle()
        feed.deliver(event(5))
        await settle()
        assert member.heard == ["5"]


class TestListeners:
    async def test_who_comes_gets_no_repeat(self, feed: Feed) -> None:
        """What was shown before is not written to it, not even what is still on its way to the others."""
        early = attached(feed)
        feed.deliver(event(5))
        late = attached(feed)
        feed.deliver(event(6))
        await settle()
        assert (early.heard, late.heard) == (["5", "6"], ["6"])

    async def test_who_left_hears_nothing_more(self, feed: Feed) -> None:
        """Not even what was on its way; and leaving twice does nothing."""
        member, other = attached(feed), attached(feed)
        feed.deliver(event(5))
        feed.audience.detach(member)
        feed.audience.detach(member)
        await settle()
        assert (member.heard, other.heard) == ([], ["5"])

    async def test_one_who_does_not_read_delays_nobody(self, feed: Feed) -> None:
        """Everybody has a backlog of their own."""
        slow, quick = attached(feed), attached(feed)
        slow.reading.clear()
        for seq in (5, 6, 7):
            feed.deliver(event(seq))
            await settle()
        assert (slow.heard, quick.heard) == ([], numbers(5, 7))


class TestReach:
    async def test_returns_at_once_if_it_was_shown(self, feed: Feed) -> None:
        """Also for what was shown long ago."""
        for seq in (4, 1):
            assert Started(feed.reach(seq)).done

    async def test_returns_when_it_was_shown(self, store: Store, feed: Feed) -> None:
        """Several may wait for several, and each waits for no longer than its own takes."""
        store.gate.clear()
        waiting = [asyncio.create_task(feed.reach(seq)) for seq in (6, 5)]
        await settle()
        feed.deliver(event(5))
        await settle()
        assert [task.done() for task in waiting] == [False, True]
        feed.deliver(event(6))
        await asyncio.gather(*waiting)

    async def test_what_is_reached_is_looked_for(self, store: Store, feed: Feed) -> None:
        """Nobody waits for an event that may never come; who gives up costs the others nothing."""
        member = attached(feed)
        store.newest = 6
        given_up = asyncio.create_task(feed.reach(6))
        await asyncio.sleep(0)
        given_up.cancel()
        await feed.reach(6)
        await settle()
        assert member.heard == ["5", "6"]
