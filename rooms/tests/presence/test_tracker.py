"""Who is in a room, as its members are told."""

import asyncio

import pytest

from rooms.presence.backends import GATHER_SECONDS
from rooms.presence.tracker import NAMED_UP_TO, Look
from rooms.tests.presence.processes import House, Process
from rtproject.websocket.lifecycle import running_tasks
from rtproject.websocket.tests.helpers import settle
from rtproject.websocket.transport.frames import Frame

GRACE = 3.0  # seconds, also where other tests have none: see `House`
SOON = GATHER_SECONDS * 3


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """No process yet, and a clock that stands still."""
    return House(monkeypatch)


@pytest.fixture
async def alone(house: House) -> Process:
    """A process with Ada."""
    return await house.open("ada")


@pytest.fixture
async def full(house: House) -> Process:
    """A process with as many members as are named."""
    process = await house.open(*many(NAMED_UP_TO))
    await house.clock.advance(2)
    process.take_shown()
    return process


def many(count: int, first: int = 0) -> list[str]:
    """So many ids."""
    return [f"m{number}" for number in range(first, first + count)]


def contents(frames: list[Frame]) -> list[str]:
    """The texts of frames."""
    return [frame.messages[0]["text"] for frame in frames]


class TestComingAndGoing:
    async def test_the_others_are_told_who_came_and_who_went(self, house: House, alone: Process) -> None:
        """With how many members there are then."""
        alone.enter("bob", "eve")
        assert alone.take_shown() == [("joined", "bob", 2), ("joined", "eve", 3)]
        alone.leave("bob")
        await house.clock.advance(GRACE + SOON)
        assert alone.take_shown() == [("left", "bob", 2)]

    async def test_somebody_with_three_tabs_is_one_member(self, house: House, alone: Process) -> None:
        """Nobody hears of the second and the third, nor that any but the last was closed."""
        for _ in range(3):
            alone.enter("bob")
        assert alone.take_shown() == [("joined", "bob", 2)]
        for _ in range(2):
            alone.leave("bob")
            await house.clock.advance(2 * GRACE)
        assert alone.shown == []
        assert alone.presence._extra == {}
        alone.leave("bob")
        await house.clock.advance(GRACE + SOON)
        assert alone.take_shown() == [("left", "bob", 1)]

    async def test_who_comes_back_in_time_was_never_away(self, house: House, alone: Process) -> None:
        """However often, and whatever they had open: neither the members nor the other processes hear of it."""
        for _ in range(3):
            alone.leave("ada")
            await house.clock.advance(GRACE - 0.1)
            alone.enter("ada")
            await house.clock.advance(GRACE + SOON)
        assert alone.shown == []
        assert house.take_told() == []
        assert alone.members == {"ada"}

    async def test_who_cannot_come_back_is_gone_at_once(self, house: House, alone: Process) -> None:
        """Nobody waits for a guest without a key; with the last connection, if there are several."""
        other = await house.open()
        alone.enter("bob", "bob")
        alone.take_shown()
        alone.leave("bob", may_return=False)
        assert alone.shown == []
        alone.leave("bob", may_return=False)
        assert alone.take_shown() == [("left", "bob", 1)]
        assert not alone.presence.expects_somebody()
        await house.clock.advance(SOON)
        assert other.members == {"ada"}

    async def test_the_grace_begins_anew_each_time(self, house: House, alone: Process) -> None:
        """It counts from when they went last."""
        alone.leave("ada")
        await house.clock.advance(GRACE - 1)
        alone.enter("ada")
        alone.leave("ada")
        await house.clock.advance(GRACE - 0.1)
        assert alone.shown == []
        await house.clock.advance(0.2)
        assert alone.take_shown() == [("left", "ada", 0)]

    async def test_who_comes_back_later_comes_anew(self, house: House, alone: Process) -> None:
        """The grace is short."""
        alone.leave("ada")
        await house.clock.advance(GRACE + 0.1)
        alone.enter("ada")
        assert alone.take_shown() == [("left", "ada", 0), ("joined", "ada", 1)]

    async def test_the_last_tab_counts(self, house: House, alone: Process) -> None:
        """Somebody who comes back with two tabs and closes one is there."""
        alone.leave("ada")
        alone.enter("ada")
        alone.enter("ada")
        alone.leave("ada")
        await house.clock.advance(2 * GRACE)
        assert (alone.shown, alone.members) == ([], {"ada"})

    async def test_a_restart_of_the_server_is_no_reason_to_leave(
        self, house: House, alone: Process, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever is disconnected by it comes back soon; the other processes are told nothing."""
        other = await house.open()
        monkeypatch.setattr(running_tasks(), "begun", True)
        alone.leave("ada")
        await house.clock.advance(GRACE + SOON)
        assert house.take_told() == []
        assert other.members == {"ada"}


class TestCounts:
    async def test_in_a_full_room_members_are_only_counted(self, house: House, full: Process) -> None:
        """Once a second, however many come and go."""
        for number in range(50):
            full.enter(f"x{number}")
            await house.clock.advance(0.1)
        await house.clock.advance(10)
        shown = full.take_shown()
        assert {frame[0] for frame in shown} == {"count"}
        assert len(shown) <= 5
        assert shown[-1] == ("count", NAMED_UP_TO + 50)

    async def test_thousands_who_come_in_cost_a_linear_number_of_frames(self, house: House) -> None:
        """The first few hundred are named; after that it is time that counts, and not how many."""
        process = await house.open()
        started = house.clock.now
        for number in range(5000):
            process.enter(f"m{number}")
            if number % 50 == 49:
                await house.clock.advance(0.1)
        await house.clock.advance(1.5)
        shown = process.take_shown()
        assert [frame[0] for frame in shown[:NAMED_UP_TO]] == ["joined"] * NAMED_UP_TO
        assert len(shown) <= NAMED_UP_TO + (house.clock.now - started)
        assert shown[-1] == ("count", 5000)

    async def test_thousands_in_another_process_are_counted_too(self, house: House) -> None:
        """Also if they are all told of at one time."""
        crowd = await house.open(*many(5000))
        process = await house.open("ada")
        assert (len(process.members), process.shown) == (5001, [])
        await crowd.presence.close()
        await house.clock.advance(2)
        assert process.members == {"ada"}

    async def test_a_room_that_is_not_full_any_more_names_again(self, house: House, full: Process) -> None:
        """With the one who leaves as many as are named, and everybody after that."""
        full.enter("bob", "eve")
        await house.clock.advance(2)
        assert full.take_shown() == [("count", NAMED_UP_TO + 2)]
        full.leave("bob")
        await house.clock.advance(GRACE + 2)
        assert full.take_shown() == [("count", NAMED_UP_TO + 1)]
        full.leave("eve")
        await house.clock.advance(GRACE + 2)
        assert full.take_shown() == [("left", "eve", NAMED_UP_TO)]


class TestLooks:
    async def test_a_look_says_how_many_and_who(self, full: Process) -> None:
        """No more than are named."""
        full.enter("bob")
        look = full.presence.look()
        assert (look.count, len(look.people)) == (NAMED_UP_TO + 1, NAMED_UP_TO)

    async def test_who_came_and_went_since_a_look_is_told(self, house: House, alone: Process) -> None:
        """Who came and went again is not, nor who stayed."""
        alone.enter("bob")
        before = alone.presence.look()
        alone.enter("eve", "mia")
        alone.leave("bob", "mia")
        await house.clock.advance(GRACE + SOON)
        assert contents(alone.presence.since(before)) == [
            '{"type":"joined","member":{"id":"eve","name":"EVE","guest":true},"count":3}',
            '{"type":"left","member":{"id":"bob","name":"BOB","guest":true},"count":2}',
        ]
        assert alone.presence.since(alone.presence.look()) == []

    @pytest.mark.parametrize("change", [1, -1])
    async def test_who_missed_changes_of_a_full_room_hears_the_next_count(
        self, house: House, full: Process, change: int
    ) -> None:
        """Together with all others: at most one a second, also for them."""
        full.enter("bob", "eve")
        await house.clock.advance(2)
        full.take_shown()
        count = NAMED_UP_TO + 2
        before = Look(count - change, [])
        assert full.presence.since(before) == full.presence.since(before) == []
        await house.clock.advance(1.1)
        assert full.take_shown() == [("count", count)]
        assert full.presence.since(Look(count, [])) == []
        await house.clock.advance(1.1)
        assert full.shown == []


class TestExpecting:
    async def test_somebody_is_expected_until_they_are_gone(self, house: House, alone: Process) -> None:
        """For as long as they may come back."""
        assert not alone.presence.expects_somebody()
        alone.leave("ada")
        assert alone.presence.expects_somebody()
        waited = await house.clock.finish(alone.presence.until_nobody_is_expected())
        assert waited == pytest.approx(GRACE, abs=0.1)
        assert not alone.presence.expects_somebody()

    async def test_nobody_is_expected_who_is_back(self, house: House, alone: Process) -> None:
        """It is over at once."""
        alone.leave("ada")
        waiting = asyncio.create_task(alone.presence.until_nobody_is_expected())
        await settle()
        alone.enter("ada")
        await settle()
        assert waiting.done()
        await house.clock.finish(alone.presence.until_nobody_is_expected())

    async def test_who_is_back_and_gone_again_is_expected(self, house: House, alone: Process) -> None:
        """Whoever waits must not take the moment in between for the end."""
        alone.leave("ada")
        waiting = asyncio.create_task(alone.presence.until_nobody_is_expected())
        await settle()
        alone.enter("ada")
        alone.leave("ada")
        await settle()
        assert not waiting.done()
        await house.clock.advance(GRACE + SOON)
        assert waiting.done()

    async def test_after_the_end_nothing_is_shown_or_told(self, house: House, full: Process) -> None:
        """Neither a count nor that somebody is gone."""
        full.enter("bob")
        full.leave("bob")
        await full.presence.close()
        house.told.clear()
        await house.clock.advance(100)
        assert (full.shown, house.told) == ([], [])
