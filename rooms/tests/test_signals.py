"""Signals of what happens in rooms, as other code receives them."""

import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.dispatch import Signal

from rooms import signals
from rooms.api import apost_notice
from rooms.signals import (
    RoomSignal,
    connection_refused,
    emit,
    member_joined,
    member_left,
    message_deleted,
    message_posted,
)
from rooms.tests.support import TIMEOUT, entered, make_room, refusal, until

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "k" * 16


class Received:
    """The arguments that each signal was received with, without those that all have."""

    def __init__(self) -> None:
        self.by_signal: dict[Signal, list[dict[str, Any]]] = {}

    def __call__(self, signal: Signal, sender: None, **arguments: Any) -> None:
        self.by_signal.setdefault(signal, []).append(arguments)

    def __getitem__(self, signal: Signal) -> list[dict[str, Any]]:
        return self.by_signal.get(signal, [])


@pytest.fixture
def received() -> Iterator[Received]:
    """A receiver of all signals."""
    receiver = Received()
    kinds = (message_posted, message_deleted, member_joined, member_left, connection_refused)
    for signal in kinds:
        signal.connect(receiver)
    yield receiver
    for signal in kinds:
        signal.disconnect(receiver)


async def test_coming_saying_and_going_are_told_once_each(received):
    """A member with two connections comes and goes once; a message that is said again is posted once."""
    await sync_to_async(make_room)("Lobby", None)
    async with entered("lobby", key=KEY, name="Ada") as ada, entered("lobby", key=KEY, name="Ada"):
        said = await ada.ask({"type": "say", "text": "hi", "id": "1"})
        assert (await ada.ask({"type": "say", "text": "hi", "id": "1"}))["type"] == "said"
        assert (await ada.ask({"type": "delete", "seq": 1}))["type"] == "deleted"
        await apost_notice("lobby", "not said by anybody")
    await until(lambda: received[member_left])
    (posted,) = received[message_posted]
    assert (posted["room"], posted["message"].seq, posted["message"].text) == ("Lobby", 1, "hi")
    assert posted["message"].sender.id == ada.welcome["you"]["id"] == said["from"]["id"]
    assert received[message_deleted] == [{"room": "Lobby", "seq": 2, "target": 1, "by": "author"}]
    told = [
        (event["room"], event["member"].name)
        for kind in (member_joined, member_left)
        for event in received[kind]
    ]
    assert told == [("Lobby", "Ada")] * 2


async def test_a_message_of_an_unlisted_room_has_no_number(received):
    async with entered("elsewhere") as client:
        await client.ask("hi")
    await until(lambda: received[message_posted])
    assert [(each["room"], each["message"].seq) for each in received[message_posted]] == [("elsewhere", None)]


async def test_a_refusal_is_told_with_its_code(received):
    await sync_to_async(make_room)("VIP")
    assert await refusal("VIP", **{"pass": "wrong"}) == 4003
    assert await refusal("no name", address="192.0.2.1") == 4004
    await until(lambda: len(received[connection_refused]) == 2)
    assert received[connection_refused] == [
        {"room": "VIP", "code": 4003, "address": None},
        {"room": "no name", "code": 4004, "address": "192.0.2.1"},
    ]
    assert received[member_joined] == []


async def test_a_receiver_that_hangs_or_raises_delays_and_breaks_nothing(received, caplog):
    go_on = threading.Event()

    def fail(**_: Any) -> None:
        assert go_on.wait(TIMEOUT)
        raise RuntimeError("a receiver that raises")

    RoomSignal.failures._last = float("-inf")
    message_posted.connect(fail)
    try:
        async with entered("elsewhere") as client:
            assert [(await client.ask(text))["text"] for text in "abc"] == ["a", "b", "c"]
            assert received[message_posted] == [] or not go_on.is_set()
            go_on.set()
            await until(lambda: len(received[message_posted]) == 3)
        await until(lambda: not signals._waiting.unfinished_tasks)
    finally:
        message_posted.disconnect(fail)
    failures = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in failures] == [logging.WARNING]


def test_nothing_waits_without_a_receiver_and_not_more_than_the_bound_with_one(monkeypatch, received):
    monkeypatch.setattr(signals, "_waiting", queue.Queue(2))
    monkeypatch.setattr(signals, "_sender", threading.current_thread())  # nothing is sent meanwhile
    emit(RoomSignal())
    assert signals._waiting.qsize() == 0
    for _ in range(3):
        emit(member_left)
    assert signals._waiting.qsize() == 2


POST_AND_END = """
import time
from rooms.signals import emit, message_posted
def receive(room, **_):
    time.sleep(0.1)
    print("received", room, flush=True)
message_posted.connect(receive)
emit(message_posted, room="lobby", message=None)
"""


def test_a_process_that_ends_sends_what_waits(new_site):
    assert new_site().execute(POST_AND_END) == "received lobby\n"
