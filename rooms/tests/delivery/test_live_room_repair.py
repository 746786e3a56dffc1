"""Messages that the channel layer did not bring are read from the store."""

import logging

import pytest

from rooms.delivery import live_room as module
from rooms.delivery.live_room import LiveRoom
from rooms.models import MessageSequence
from rooms.tests.delivery.support import Member, begun, event, numbers, subscribed
from rooms.tests.support import until
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.tests.helpers import settle


def repairs() -> list[str]:
    """The repairs that are running."""
    return [name for task in running_tasks().background if "repair" in (name := task.get_name())]


@pytest.fixture
async def member(live_room: LiveRoom) -> Member:
    """A member that has the first four messages."""
    return subscribed(live_room)


@pytest.mark.parametrize("events", [[7], [7, 6], []])
async def test_a_gap_is_repaired(store, live_room, member, events):
    """Found by an event that came too early, or because the newest message is expected."""
    store.newest = 7
    for seq in events:
        live_room.deliver(event(seq))
    live_room.expect(7)
    await until(lambda: member.received == numbers(5, 7))


async def test_a_long_gap_is_read_in_pages_without_a_pause(store, live_room, member, monkeypatch):
    """A message that is too far ahead is not kept, but read in its turn."""
    monkeypatch.setattr(module, "PAGE", 3)
    monkeypatch.setattr(module, "MAX_AHEAD", 2)
    store.newest = 14
    store.gate.clear()
    for seq in (14, 13, 12, 6):
        live_room.deliver(event(seq))
    assert await store.asked.get() == 4
    monkeypatch.setattr(module, "LATE_SECONDS", 600)
    store.gate.set()
    await until(lambda: member.received == numbers(5, 14))
    assert store.taken() == [7, 10, 13]


async def test_a_store_that_fails_is_asked_again(store, live_room, member, caplog):
    """The failure is logged once, and so is its end."""
    caplog.set_level(logging.INFO)
    store.newest, store.failing = 6, True
    live_room.deliver(event(6))
    for _ in range(3):
        await store.asked.get()
    assert member.received == []
    store.failing = False
    await until(lambda: member.received == numbers(5, 6))
    assert [record.message for record in caplog.records if "reading messages" in record.message] == [
        "reading messages of room lobby fails, and is tried again: OperationalError: no store",
        "reading messages of room lobby works again",
    ]


@pytest.mark.parametrize("seq", [6, 300, 10**15])
async def test_a_number_that_the_store_does_not_have_is_forgotten(store, live_room, member, seq):
    """The store is read once for it, and messages come as before."""
    live_room.expect(seq)
    await until(lambda: not repairs())
    assert store.taken() == [4]
    store.newest = 5
    live_room.deliver(event(5))
    await until(lambda: member.received == ["5"])


@pytest.mark.parametrize("newest", [3, 4])
async def test_a_store_that_has_lost_what_was_delivered_begins_a_new_epoch(
    store, live_room, monkeypatch, newest
):
    """As after a failover to a standby that was behind; a sequence that was read too early begins none."""
    begun_anew: list[tuple[int, str]] = []

    async def begin_epoch(room: int, epoch: str) -> None:
        begun_anew.append((room, epoch))

    monkeypatch.setattr(module, "begin_epoch", begin_epoch)
    store.newest = newest
    live_room.follow(MessageSequence(last_seq=3))
    assert await store.asked.get() == 4
    await settle()
    assert begun_anew == [(1, "epoch")] * (newest == 3)


async def test_what_the_store_has_counts_more_than_an_event(store, live_room, member):
    """An event of another number than its message hides none."""
    store.newest = 6
    live_room.deliver(GroupEvent("4", event(6).tags))
    await until(lambda: member.received == numbers(5, 6))


@pytest.mark.parametrize("epoch", ["", "other"])
async def test_messages_of_another_epoch_are_not_delivered(store, epoch):
    """The room has changed: it is read again, and nothing more is expected here."""
    changed: list[str] = []
    live_room = await begun(changed.append)
    member = subscribed(live_room)
    store.epoch, store.newest = epoch, 6
    live_room.expect(6)
    await until(lambda: changed == ["lobby"] and not repairs())
    assert (member.received, live_room.delivered) == ([], 4)


async def test_a_closed_live_room_reads_no_more(store, live_room):
    store.failing = True
    live_room.expect(5)
    await store.asked.get()
    await live_room.close()
    await settle()
    assert repairs() == []


@pytest.mark.parametrize("early", [9, 8], ids=["behind the next one", "the next one"])
async def test_messages_pruned_before_they_were_delivered_are_skipped(
    store, live_room, member, early, caplog
):
    store.newest, store.pruned = 9, 7
    live_room.deliver(event(early))
    live_room.expect(9)
    await until(lambda: member.received == numbers(8, 9))
    assert "room lobby: messages up to 7 were pruned before they were delivered" in caplog.text
