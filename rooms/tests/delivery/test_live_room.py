"""The order of messages in a live room, its beginning, and which events it delivers."""

import asyncio
import json

import pytest

from rooms.delivery import live_room as module
from rooms.delivery.live_room import RecentMessages
from rooms.delivery.replay import catch_up
from rooms.models import MessageSequence, Room
from rooms.protocol import MessageFrame, encode
from rooms.tests.delivery import support
from rooms.tests.delivery.support import GUARDED, OPEN, Member, begun, event, numbers, subscribed
from rooms.tests.support import ADA, BOB, until
from rtproject.websocket.close_codes import CloseCode
from rtproject.websocket.groups.registry import GroupEvent
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame


def texts(recent: RecentMessages, seq: int) -> list[str] | None:
    """The texts of the frames after `seq`."""
    frames = recent.after(seq)
    return None if frames is None else [frame.messages[0]["text"] for frame in frames]


@pytest.mark.parametrize("order", [[5, 6, 7], [5, 5, 6, 5, 6, 7, 7], [7, 6, 5], [1, 5, 4, 6, 3, 7]])
async def test_each_message_is_delivered_once_in_its_turn(store, live_room, order):
    member = subscribed(live_room)
    store.newest = 7
    for seq in order:
        live_room.deliver(event(seq))
    await settle()
    assert member.received == numbers(5, 7)
    assert live_room.delivered == 7


@pytest.mark.parametrize("epoch", ["epoch", ""])
async def test_a_text_that_other_code_broadcasts_reaches_everybody_as_it_is(store, epoch):
    live_room = await begun(room=support.listed_room(epoch=epoch))
    member = subscribed(live_room)
    live_room.deliver(GroupEvent("hello", {}))
    await settle()
    assert member.received == ["hello"]


@pytest.mark.parametrize("newest", [0, 1, 4, 300])
async def test_it_begins_with_the_newest_messages(store, newest):
    """They count as delivered, and are kept for newcomers."""
    store.newest = newest
    live_room = await begun()
    assert live_room.delivered == newest
    first = max(0, newest - 200)
    assert texts(live_room.recent, first) == numbers(first + 1, newest)


@pytest.mark.parametrize("deleted", [{5}, {9, 10}, set(range(11))])
async def test_rows_deleted_past_the_protocol_break_nothing(store, deleted):
    """Newcomers get all numbers, and new ones."""
    store.newest, store.deleted = 10, deleted
    live_room = await begun()
    await asyncio.wait_for(live_room.wait_for(10), 5)
    member = Member()
    await catch_up(live_room, member, 0)
    live_room.deliver(event(11))
    await settle()
    assert member.received == [str(-seq if seq in deleted else seq) for seq in range(1, 12)]


async def test_newcomers_get_no_message_from_memory_that_was_deleted_since(store, live_room):
    """Past the protocol, so that no event told of it."""
    store.deleted = {3}
    live_room.follow(MessageSequence(last_seq=4))
    member = Member()
    await catch_up(live_room, member, 2)
    live_room.follow(MessageSequence(last_seq=4, removals=1))
    newcomer = Member()
    await catch_up(live_room, newcomer, 2)
    live_room.deliver(event(5))
    await settle()
    assert (member.received, newcomer.received) == (["3", "4", "5"], ["-3", "4", "5"])


async def test_a_message_from_the_store_counts_as_sent_under_the_present_rules(store, live_room):
    old, new = subscribed(live_room), subscribed(live_room, GUARDED)
    store.newest, store.access = 5, GUARDED
    live_room.expect(5)
    await until(lambda: new.received == ["5"])
    assert (old.received, old.code) == ([], CloseCode.PASSWORD_CHANGED)


LISTED, FORGETFUL, UNLISTED = support.listed_room(), support.listed_room(epoch=""), Room(name="lobby")
FOREIGN = [
    (LISTED, GroupEvent(None, {})),
    (LISTED, event(5, epoch="other")),
    (LISTED, GroupEvent("5", {"access": [0, 0, False]})),
    (UNLISTED, event(5)),
    (UNLISTED, GroupEvent("5", {"access": list(GUARDED)})),
    (FORGETFUL, GroupEvent("5", {"access": list(GUARDED)})),
]


@pytest.mark.parametrize(("room", "foreign"), FOREIGN)
async def test_an_event_of_another_room_or_epoch_is_not_delivered(store, room, foreign):
    """It means that the row has changed: the room of that name is read again."""
    changed: list[str] = []
    live_room = await begun(changed.append, room)
    member = subscribed(live_room, OPEN if room.pk else support.UNLISTED)
    live_room.deliver(foreign)
    await settle()
    assert (member.received, changed) == ([], ["lobby"])


async def test_a_frame_without_a_number_is_for_all_members_of_a_room_with_history(live_room):
    """But not for one whose password is an older one."""
    member, late = subscribed(live_room, GUARDED), subscribed(live_room)
    live_room.deliver(GroupEvent("event", {"epoch": "epoch", "access": list(GUARDED)}))
    await settle()
    assert (member.received, late.received, live_room.delivered) == (["event"], [], 4)


@pytest.mark.parametrize("source", ["event", "store"])
async def test_the_text_of_a_deleted_message_is_nowhere_when_its_deletion_is_shown(store, live_room, source):
    """Newcomers get the message without it."""
    live_room.add_message(5, Frame(encode(MessageFrame("lobby", ADA, "private", "", seq=5))), OPEN)
    store.newest, store.targets = 6, {6: 5}
    member = subscribed(live_room)
    if source == "event":
        live_room.deliver(event(6, target=5))
    else:
        live_room.expect(6)
    await until(lambda: member.received == ["6"])
    assert live_room.last_deletion == 6
    newcomer = Member()
    await catch_up(live_room, newcomer, 4)
    await settle()
    shown = json.loads(newcomer.received[0])
    assert (shown["text"], shown["deleted"], shown["seq"]) == ("", True, 5)


async def test_members_of_an_unlisted_room_are_disconnected_by_an_event():
    live_room = await begun(room=Room(name="lobby"))
    member, other = subscribed(live_room, support.UNLISTED), subscribed(live_room, support.UNLISTED)
    other.member = BOB
    live_room.deliver(GroupEvent(None, {"disconnected": [BOB.id]}))
    assert (member.code, other.code) == (None, CloseCode.KICKED)
    live_room.deliver(GroupEvent(None, {"disconnected": [""]}))
    assert member.code == CloseCode.KICKED


async def test_without_history_messages_are_delivered_as_they_come():
    live_room = await begun(room=FORGETFUL)
    member = subscribed(live_room)
    for text in "aba":
        live_room.deliver(GroupEvent(text, {"access": list(OPEN)}))
    live_room.deliver(GroupEvent("own", {"access": list(OPEN), "origin": live_room.name}))  # delivered before
    await settle()
    assert member.received == ["a", "b", "a"]


async def test_waiting_for_a_message_ends_when_it_is_delivered(store, live_room):
    """It is read from the store, if no event brings it."""
    await live_room.wait_for(4)  # was delivered long ago
    store.gate.clear()
    store.newest = 6
    cancelled, sixth, fifth = (asyncio.create_task(live_room.wait_for(seq)) for seq in (6, 6, 5))
    await settle()
    cancelled.cancel()
    live_room.deliver(event(5))
    await settle()
    assert (sixth.done(), fifth.done()) == (False, True)
    store.gate.set()
    await sixth


@pytest.mark.parametrize(("limit", "value"), [("MAX_HISTORY", 4), ("MAX_RECENT_BYTES", 12)])
def test_recent_messages_are_bounded(monkeypatch, limit, value):
    """In number and in bytes; a message that is longer than that is not kept."""
    monkeypatch.setattr(module, limit, value)  # four frames of one character
    recent = RecentMessages(0)
    for text in numbers(1, 9):
        recent.append(Frame(text))
    assert (texts(recent, 5), texts(recent, 4)) == (["6", "7", "8", "9"], None)
    recent.append(Frame("x" * 100))
    assert texts(recent, 9) == (["x" * 100] if limit == "MAX_HISTORY" else None)
    assert texts(recent, 10) == []
