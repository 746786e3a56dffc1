"""What the processes know about who is in a room when events are lost, and when processes are."""

import pytest

from rooms.presence import backends as exchange
from rooms.presence.backends import CHANGE, EVERYTHING, GATHER_SECONDS, MISSED_HEARTBEATS, QUESTION
from rooms.tests.presence.processes import House, Process, Tags

SOON = GATHER_SECONDS * 3  # until what was told is known everywhere, questions and answers included
ONE_BEAT = exchange.HEARTBEAT_SECONDS + SOON
GONE_WITHIN = 25.0  # seconds after it was last heard; people are promised 30


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """No process yet, and a clock that stands still."""
    return House(monkeypatch)


async def two(house: House) -> tuple[Process, Process]:
    """Two processes, with Ada in the first and Bob in the second."""
    return await house.open("ada"), await house.open("bob")


class TestFaults:
    async def test_a_lost_change_is_healed_by_the_next_beat(self, house: House) -> None:
        """The number in the beat tells that something is missing."""
        first, second = await two(house)
        house.loses = lambda tags: tags["presence"] == CHANGE
        first.enter("eve")
        await house.clock.advance(SOON)
        assert second.members == {"ada", "bob"}
        await house.clock.advance(ONE_BEAT)
        assert second.take_shown() == [("joined", "eve", 3)]

    async def test_a_lost_change_is_healed_by_the_next_change(self, house: House) -> None:
        """It does not fit what is known."""
        first, second = await two(house)
        house.loses = lambda tags: tags["presence"] == CHANGE
        first.enter("eve")
        await house.clock.advance(SOON)
        house.loses = lambda tags: False
        first.enter("mia")
        await house.clock.advance(SOON)
        assert second.members == first.members == {"ada", "bob", "eve", "mia"}

    @pytest.mark.parametrize("lost", [QUESTION, EVERYTHING])
    async def test_a_lost_question_or_answer_is_healed_by_the_next_beat(
        self, house: House, lost: str
    ) -> None:
        """Who still does not know asks again."""
        house.loses = lambda tags: tags["presence"] == lost
        first, second = await two(house)
        assert second.members == {"bob"}
        house.loses = lambda tags: False
        await house.clock.advance(ONE_BEAT)
        assert first.members == second.members == {"ada", "bob"}

    async def test_a_repeated_change_changes_nothing(self, house: House) -> None:
        """It is known, and nobody asks."""
        first, second = await two(house)
        first.enter("eve")
        await house.clock.advance(SOON)
        (change,) = house.told
        second.take_shown()
        house.deliver(change)
        await house.clock.advance(SOON)
        assert second.shown == []
        assert house.told == [change]

    async def test_reordered_changes_are_healed_at_once(self, house: House) -> None:
        """The one that came too early makes the other process ask."""
        first, second = await two(house)
        house.keeping = True
        first.enter("eve")
        await house.clock.advance(SOON)
        first.enter("mia")
        await house.clock.advance(SOON)
        assert [tags["presence"] for tags in house.kept] == [CHANGE, CHANGE]
        house.release(house.kept[::-1])
        await house.clock.advance(SOON)
        assert second.members == first.members == {"ada", "bob", "eve", "mia"}

    async def test_an_answer_that_was_overtaken_is_healed_by_the_next_beat(self, house: House) -> None:
        """An old list of members is not the last word."""
        first, second = await two(house)
        old: Tags = {"presence": EVERYTHING, "by": first.name, "room": 1, "number": 0, "came": []}
        house.deliver(old)
        assert second.take_shown() == [("left", "ada", 1)]
        await house.clock.advance(ONE_BEAT)
        assert second.take_shown() == [("joined", "ada", 2)]

    async def test_what_many_missed_is_told_once(self, house: House) -> None:
        """Only the one whose change is missing answers, and once for all who ask."""
        processes = [await house.open(f"m{number}") for number in range(8)]
        house.loses = lambda tags: tags["presence"] == CHANGE
        processes[0].enter("eve")
        await house.clock.advance(SOON)
        house.loses = lambda tags: False
        house.told.clear()
        await house.clock.advance(ONE_BEAT)
        assert all("eve" in process.members for process in processes)
        answers = [by for by, what in house.take_told() if what == EVERYTHING]
        assert set(answers) == {processes[0].name}
        assert len(answers) <= 2  # to the first who asked, and to all who asked meanwhile


class TestSilence:
    async def test_while_nothing_happens_nothing_is_told_but_beats(self, house: House) -> None:
        """However long: nobody is forgotten, and nobody asks."""
        first, second = await two(house)
        await house.clock.advance(100)
        assert first.shown == second.shown == []
        assert house.take_told() == []

    async def test_a_silent_process_takes_its_members_with_it(self, house: House) -> None:
        """Without a word of it they are gone in time, and not before it has missed several beats."""
        first, second = await two(house)
        await house.clock.advance(exchange.HEARTBEAT_SECONDS)
        house.kill(first)
        await house.clock.advance(exchange.HEARTBEAT_SECONDS)
        assert second.members == {"ada", "bob"}
        await house.clock.advance(GONE_WITHIN - exchange.HEARTBEAT_SECONDS)
        assert second.take_shown() == [("left", "ada", 1)]
        assert second.presence._backend._known == second.presence._backend._missed == {}

    async def test_who_comes_back_from_silence_is_asked(self, house: House) -> None:
        """A process that was frozen is there again, with the members it has then."""
        first, second = await two(house)
        house.kill(first)
        await house.clock.advance(GONE_WITHIN)
        second.take_shown()
        house.cut_off.clear()
        await house.clock.advance(ONE_BEAT)
        assert second.take_shown() == [("joined", "ada", 2)]

    async def test_members_who_move_from_a_killed_process_never_left(self, house: House) -> None:
        """They come back in another one, long before the silence is noticed."""
        first, second = await two(house)
        house.kill(first)
        second.enter("ada")
        await house.clock.advance(GONE_WITHIN)
        assert second.shown == []
        assert second.members == {"ada", "bob"}

    @pytest.mark.parametrize("seconds", [10, 100])
    async def test_when_the_layer_is_away_nobody_is_forgotten(self, house: House, seconds: float) -> None:
        """Its silence says nothing about anybody; when it is back nobody has left, and what was missed is healed."""
        first, second = await two(house)
        house.away = True
        first.enter("eve")
        await house.clock.advance(seconds)
        house.away = False
        await house.clock.advance(ONE_BEAT)
        assert second.take_shown() == [("joined", "eve", 3)]
        assert first.take_shown() == [("joined", "eve", 3)]
        assert first.members == second.members == {"ada", "bob", "eve"}

    async def test_who_hears_nothing_forgets_nobody(self, house: House) -> None:
        """Not even itself: a deaf process knows nothing about the others."""
        _, second = await two(house)
        house.loses = lambda tags: True
        await house.clock.advance(100)
        assert second.members == {"ada", "bob"}

    def test_it_takes_less_than_people_are_promised(self) -> None:
        """Also if one of our own beats is lost."""
        assert (MISSED_HEARTBEATS + 1) * exchange.HEARTBEAT_SECONDS < 30
