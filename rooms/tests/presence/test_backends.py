"""What the processes tell each other about who is in a room."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from rooms.presence import backends as exchange
from rooms.presence.backends import EVERYTHING, GATHER_SECONDS
from rooms.presence.tracker import PresenceTracker
from rooms.protocol import Person
from rooms.tests.presence.processes import STEP_SECONDS, House, Process

SOON = GATHER_SECONDS * 3  # until what was told is known everywhere, questions and answers included
ONE_BEAT = exchange.HEARTBEAT_SECONDS + SOON


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """No process yet, and a clock that stands still."""
    return House(monkeypatch)


async def two(house: House) -> tuple[Process, Process]:
    """Two processes, with Ada in the first and Bob in the second."""
    return await house.open("ada"), await house.open("bob")


class TestBeginning:
    async def test_the_first_member_here_learns_of_all_others(self, house: House) -> None:
        """Every process answers, not only the quickest."""
        for member in ("ada", "bob", "eve"):
            await house.open(member)
        newcomer = Process(1)
        house.processes.append(newcomer)
        await house.clock.finish(newcomer.presence.begin())
        assert newcomer.members == {"ada", "bob", "eve"}
        assert len(newcomer.shown) == 3

    async def test_when_nobody_answers_it_goes_on_soon(self, house: House) -> None:
        """Nobody else is there."""
        alone = Process(1)
        house.processes.append(alone)
        waited = await house.clock.finish(alone.presence.begin())
        assert waited == pytest.approx(exchange.QUIET_SECONDS)

    async def test_however_many_answer_it_goes_on(self, house: House) -> None:
        """Those who answer one after the other do not keep anybody waiting for ever."""
        newcomer = Process(1)
        house.processes.append(newcomer)
        begun = asyncio.create_task(house.clock.finish(newcomer.presence.begin()))
        number = 0
        while not begun.done():
            number += 1
            house.deliver(
                {
                    "presence": EVERYTHING,
                    "by": f"p{number}",
                    "room": 1,
                    "number": 0,
                    "came": [["a", "A", True]],
                }
            )
            await asyncio.sleep(0)
        assert await begun <= exchange.SYNC_TIMEOUT + 2 * STEP_SECONDS

    async def test_without_the_layer_it_goes_on(self, house: House) -> None:
        """Who is elsewhere is found out when the layer is back."""
        elsewhere = await house.open("ada")
        house.away = True
        process = await house.open("bob")
        assert (process.members, elsewhere.members) == ({"bob"}, {"ada"})
        house.away = False
        await house.clock.advance(ONE_BEAT)
        assert process.members == elsewhere.members == {"ada", "bob"}

    async def test_in_a_process_alone_nothing_is_kept_or_asked(self) -> None:
        """Without a shared layer there is nobody to tell, and what was not told would pile up."""
        shown: list[object] = []
        alone = PresenceTracker("room", 1, shown.append)
        await asyncio.wait_for(alone.begin(), 10)
        for number in range(10):
            alone.enter(Person(str(number), "A", guest=True))
        assert len(shown) == len(alone.state) == 10
        assert alone._backend._changes == {}
        assert alone._backend._publishing is None
        await alone.close()
        assert get_channel_layer().groups == {}


class TestChanges:
    async def test_they_reach_the_others(self, house: House) -> None:
        """The members of each process see who comes and goes in the other."""
        first, second = await two(house)
        first.enter("eve")
        await house.clock.advance(SOON)
        assert second.take_shown() == [("joined", "eve", 3)]
        first.leave("eve")
        await house.clock.advance(3 + SOON)
        assert second.take_shown() == [("left", "eve", 2)]
        assert first.members == second.members == {"ada", "bob"}

    async def test_they_are_told_together(self, house: House) -> None:
        """Of many who come within a second the others hear no more than one event every GATHER_SECONDS."""
        first, second = await two(house)
        for number in range(100):
            first.enter(f"m{number}")
            await house.clock.advance(0.01)
        await house.clock.advance(SOON)
        assert len(second.members) == 102
        assert len(house.told) <= 1 / GATHER_SECONDS + 2

    async def test_who_came_and_went_between_two_events_was_never_there(self, house: House) -> None:
        """Only what is true in the end is told."""
        first, second = await two(house)
        first.enter("m")
        await house.clock.advance()
        first.presence._backend.change("eve", Person("eve", "E", guest=True))
        first.presence._backend.change("eve", None)
        await house.clock.advance(SOON)
        assert second.take_shown() == [("joined", "m", 3)]

    async def test_another_name_reaches_the_others(self, house: House) -> None:
        """A member who opens a second tab by another name is called by it everywhere."""
        first, second = await two(house)
        first.presence.enter(Person("ada", "Countess", guest=True))
        await house.clock.advance(SOON)
        assert second.presence.state.at(first.name)["ada"].name == "Countess"
        assert second.shown == []

    async def test_who_is_in_both_is_one_member(self, house: House) -> None:
        """Who goes in one process and stays in the other has not left."""
        first, second = await two(house)
        second.enter("ada")
        first.leave("ada")
        await house.clock.advance(3 + SOON)
        assert first.shown == second.shown == []
        assert first.members == second.members == {"ada", "bob"}

    async def test_an_unlisted_room_and_a_listed_one_of_its_name_are_two(self, house: House) -> None:
        """They share the group, and nothing else."""
        listed = await house.open("ada", room=1)
        unlisted = await house.open("bob", room=0)
        await house.clock.advance(ONE_BEAT)
        assert (listed.members, unlisted.members) == ({"ada"}, {"bob"})


class TestEnd:
    async def test_who_closes_says_goodbye(self, house: House) -> None:
        """Its members are gone at once."""
        first, second = await two(house)
        await first.presence.close()
        assert second.take_shown() == [("left", "ada", 1)]

    async def test_who_has_closed_tells_nothing_any_more(self, house: House) -> None:
        """Neither beats nor answers, whoever asks."""
        first, second = await two(house)
        await first.presence.close()
        house.told.clear()
        second.presence._backend._asking.add(first.name)
        second.presence._backend._publish_soon()
        await house.clock.advance(100)
        assert {tags["by"] for tags in house.told} == {second.name}

    async def test_who_has_not_begun_says_nothing(self, house: House) -> None:
        """Nobody knows of it, and the layer may be what kept it from beginning."""
        await Process(1).presence.close()
        assert house.told == []

    async def test_a_late_goodbye_takes_nobody_of_the_next_feed(self, house: House) -> None:
        """A process in which somebody comes when the last has just gone tells of them in a new name."""
        first, second = await two(house)
        house.keeping = True
        await first.presence.close()
        (goodbye,) = house.kept
        house.release([])
        again = await house.open("ada")
        house.deliver(goodbye)
        await house.clock.advance(ONE_BEAT)
        assert second.shown == []
        assert second.members == again.members == {"ada", "bob"}
