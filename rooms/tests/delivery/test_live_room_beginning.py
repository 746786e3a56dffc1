"""How a live_room begins."""

import asyncio
import logging

import pytest
from django.db import OperationalError

from rooms.delivery.live_room import LiveRoom
from rooms.delivery.replay import catch_up
from rooms.tests.listeners import Member, Store, attached, begun_live_room, event, listed_room, numbers
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.groups.registry import GroupRegistry
from rtproject.websocket.tests.helpers import settle


@pytest.mark.parametrize("newest", [0, 1, 4, 300])
async def test_it_begins_with_the_newest(store: Store, newest: int) -> None:
    """They count as shown, and are kept for newcomers; an empty room has none."""
    store.newest = newest
    live_room = await begun_live_room()
    assert live_room.delivered == newest
    kept = live_room.recent.after(max(0, newest - 200))
    assert kept is not None
    assert [frame.messages[0]["text"] for frame in kept] == numbers(max(0, newest - 200) + 1, newest)


@pytest.mark.parametrize("newest", [0, 4])
async def test_what_is_stored_between_its_queries_is_shown(store: Store, newest: int) -> None:
    """The messages are read before the number of the newest, which may be one of later."""
    store.newest, store.late = newest, 2
    live_room = await begun_live_room()
    await asyncio.wait_for(live_room.wait_for(newest + 2), 5)
    assert live_room.delivered == newest + 2
    for seq in range(newest + 2):
        kept = live_room.recent.after(seq)
        texts = None if kept is None else [frame.messages[0]["text"] for frame in kept]
        assert texts in (None, numbers(seq + 1, newest + 2))


@pytest.mark.parametrize("early", [[5], [5, 6], [6], [1], [4, 5]])
async def test_what_comes_while_it_begins_is_not_lost(
    store: Store, early: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """The layer brings what was stored after the store was read, and before its answer is here."""
    store.gate.clear()
    live_room = LiveRoom(listed_room(), lambda key: None)
    beginning = asyncio.create_task(live_room.begin())
    await store.asked.get()
    store.newest = 6
    for seq in early:
        live_room.deliver(event(seq))
    await settle()
    store.gate.set()
    await beginning
    member = attached(live_room)
    shown = live_room.delivered
    await asyncio.wait_for(live_room.wait_for(6), 5)
    await settle()
    assert member.heard == numbers(shown + 1, 6)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_without_the_store_it_does_not_begin(store: Store) -> None:
    """Nobody may come in who would not know what was said."""
    store.failing = True
    with pytest.raises(OperationalError):
        await begun_live_room()


async def test_without_the_layer_it_does_not_begin(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may come in who would hear nothing."""

    async def fail(self: GroupRegistry, name: str, member: object) -> None:
        raise LayerUnavailable("no layer")

    monkeypatch.setattr(GroupRegistry, "join", fail)
    with pytest.raises(LayerUnavailable):
        await begun_live_room()
    assert store.asked.empty()


@pytest.mark.parametrize("deleted", [{5}, {9, 10}, set(range(11))])
async def test_rows_that_somebody_deleted_break_nothing(store: Store, deleted: set[int]) -> None:
    """An operator may have reasons: newcomers are shown what is left, once, and what is said next."""
    store.newest, store.deleted = 10, deleted
    live_room = await begun_live_room()
    await asyncio.wait_for(live_room.wait_for(10), 5)
    member = Member()
    await catch_up(live_room, member, 0)
    live_room.deliver(event(11))
    await settle()
    assert member.heard == [seq for seq in numbers(1, 11) if int(seq) not in deleted]
