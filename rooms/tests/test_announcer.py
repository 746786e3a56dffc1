"""Telling the other processes what was stored."""

import asyncio
import logging
from typing import Any

import pytest

from rooms import posting as module
from rooms.history.store import NewMessage
from rooms.names import room_group
from rooms.posting import Publisher
from rooms.tests.listeners import listed_room
from rooms.tests.stored import new_message
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.tests.helpers import settle


class Layer:
    """What was broadcast: while `gate` is not set it takes nothing, while `away` it fails."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.away = False

    async def broadcast(self, group: str, text: str, **tags: Any) -> None:
        """Stands in for the fan-out's."""
        await self.gate.wait()
        if self.away:
            raise LayerUnavailable("no layer")
        self.told.append((group, text, tags))

    @property
    def numbers(self) -> list[int]:
        """The numbers of the messages that were told."""
        return [tags["seq"] for _, _, tags in self.told]


@pytest.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    """The layer that announcements go to."""
    layer = Layer()
    monkeypatch.setattr(module, "broadcast", layer.broadcast)
    return layer


@pytest.fixture
def something() -> NewMessage:
    """Something that somebody said."""
    return new_message(listed_room("Lobby"))


async def test_it_tells_what_the_feeds_need(layer: Layer, something: NewMessage) -> None:
    """The finished frame, its number, which sequence that belongs to, and the sender's door."""
    Publisher().put(something, 7, "hi")
    await settle()
    assert layer.told == [(room_group("lobby"), "hi", {"access": (1, 0, False), "epoch": "epoch", "seq": 7})]


async def test_it_tells_in_order_and_one_after_the_other(layer: Layer, something: NewMessage) -> None:
    """Nobody waits for it, however slow the layer is."""
    publisher = Publisher()
    layer.gate.clear()
    for seq in range(1, 4):
        publisher.put(something, seq, "hi")
        await settle()
    assert layer.told == []
    layer.gate.set()
    await settle()
    publisher.put(something, 4, "hi")
    await settle()
    assert layer.numbers == [1, 2, 3, 4]


async def test_what_the_layer_does_not_take_is_dropped(
    layer: Layer, something: NewMessage, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the store; the outage is logged once, and so is its end."""
    caplog.set_level(logging.INFO)
    publisher = Publisher()
    layer.away = True
    for seq in (1, 2):
        publisher.put(something, seq, "hi")
    await settle()
    layer.away = False
    publisher.put(something, 3, "hi")
    await settle()
    assert layer.numbers == [3]
    assert caplog.messages == [
        "publishing stored messages fails, and is tried again: LayerUnavailable: no layer",
        "publishing stored messages works again",
    ]


async def test_only_so_much_waits(
    layer: Layer, something: NewMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are dropped first: they are the first to be looked for in the store."""
    monkeypatch.setattr(module, "MAX_UNPUBLISHED", 2)
    publisher = Publisher()
    layer.gate.clear()
    publisher.put(something, 1, "hi")
    await settle()
    for seq in (2, 3, 4):
        publisher.put(something, seq, "hi")
    layer.gate.set()
    await settle()
    assert layer.numbers == [1, 3, 4]
