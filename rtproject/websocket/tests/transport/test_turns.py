"""Fair turns among readers that always have more to parse."""

import asyncio

import pytest

from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.turns import FRAME_BYTES, SLICE, TURN, current_turns


class Reader:
    """Parses slices of its `frames`; `log` has the address of each slice of all readers."""

    def __init__(self, address, frames, log):
        self.address, self.frames, self.log = address, frames, log
        self.is_waiting = False

    def parse(self):
        self.log.append(self.address)
        parsed = min(SLICE, self.frames)
        self.frames -= parsed
        current_turns().spend(parsed, 0)
        if self.frames:
            current_turns().wait(self)


@pytest.fixture
async def turns():
    return current_turns()


async def test_a_turn_of_the_loop_is_bounded_whoever_waits(turns):
    """However many wait; each comes again when all others have had a slice."""
    log: list[str] = []
    for number in range(100):
        turns.wait(Reader(str(number), 10**6, log))
    await asyncio.sleep(0)
    assert log == [str(number) for number in range(TURN // SLICE)]
    await settle()
    await settle()
    assert log[:101] == [*map(str, range(100)), "0"]


async def test_an_address_has_one_turn_however_many_its_connections(turns):
    """Its connections take turns among themselves."""
    log: list[str] = []
    flooders = [Reader("flood", 10**6, log) for _ in range(50)]
    for reader in flooders:
        turns.wait(reader)
    await asyncio.sleep(0)
    log.clear()
    turns.wait(Reader("quiet", 1, log))
    await asyncio.sleep(0)
    assert "quiet" in log[:2]
    await settle()
    assert max(reader.frames for reader in flooders) - min(reader.frames for reader in flooders) <= SLICE


async def test_one_alone_uses_whole_turns(turns):
    """No one else wants to be there."""
    log: list[str] = []
    turns.wait(Reader("alone", TURN * 3, log))
    for turn in range(3):
        await asyncio.sleep(0)
        assert len(log) == (turn + 1) * TURN // SLICE


async def test_bytes_count_as_well(turns):
    """A long frame is not one of many."""
    turns.spend(1, TURN * FRAME_BYTES)
    assert turns.left < 0
    await asyncio.sleep(0)
    assert turns.left == TURN


async def test_a_reader_waits_once(turns):
    """However often it asks."""
    log: list[str] = []
    reader = Reader("one", SLICE, log)
    turns.wait(reader)
    turns.wait(reader)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log == ["one"]
