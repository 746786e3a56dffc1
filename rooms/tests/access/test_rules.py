"""The site's own rules: the class, and the questions to it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from rooms.access import rules
from rooms.access.rules import RuledRoom, ask_rules, load_rules
from rooms.identity import Visitor
from rooms.models import Room
from rtproject.websocket.utils.flood_log import FloodLog

OWN = "rooms.tests.access.own_rules"
HALL, ADA = Room(name="hall"), Visitor("Ada", "a" * 24)


class Counting:
    """Rules that wait for `go`, and count."""

    def __init__(self) -> None:
        self.asked: list[RuledRoom] = []
        self.at_once = 0
        self.go = asyncio.Event()

    async def may_enter(self, user: Any, room: RuledRoom) -> bool:
        """Say yes after `go`."""
        self.asked.append(room)
        self.at_once += 1
        assert self.at_once == 1
        await self.go.wait()
        self.at_once -= 1
        return True

    may_say = may_enter


@pytest.fixture
async def counting(monkeypatch: pytest.MonkeyPatch, settings: SimpleNamespace) -> Counting:
    """Rules of this test."""
    counting = Counting()
    settings.ROOMS_ACCESS = "the path of them"
    monkeypatch.setattr(rules, "load_rules", lambda path: counting)
    return counting


@pytest.mark.parametrize(
    "path", ["unknown", "no.such.Class", f"{OWN}.Missing", f"{OWN}.asyncio", f"{OWN}.Neither"]
)
def test_a_wrong_path_is_one_sentence_that_names_the_setting(path):
    with pytest.raises(ImproperlyConfigured, match=r"^ROOMS_ACCESS must be [^\n]*\.$"):
        load_rules(path)


async def test_a_class_need_not_answer_both_questions(settings):
    settings.ROOMS_ACCESS = f"{OWN}.Mute"
    assert await ask_rules("may_enter", ADA, HALL) is True
    assert await ask_rules("may_say", ADA, HALL) is False


async def test_one_question_is_asked_at_a_time_for_each_user_and_room(counting):
    """Those that ask meanwhile share the next one: the first may have begun before what they ask about."""
    counting.go.set()
    same = Visitor("Eve", ADA.id)  # the member by another name
    answers = await asyncio.gather(*(ask_rules("may_enter", user, HALL) for user in (ADA, same, ADA)))
    assert answers == [True] * 3
    assert len(counting.asked) == 1


async def test_whether_somebody_may_speak_is_kept_for_a_while(counting):
    counting.go.set()
    assert [await ask_rules("may_say", ADA, HALL) for _ in range(5)] == [True] * 5
    assert counting.asked == [RuledRoom("hall", None)]


async def test_a_late_answer_is_none_and_ends_the_question(counting, monkeypatch, caplog):
    monkeypatch.setattr(rules, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(rules, "_failures", FloodLog())
    assert [await ask_rules("may_enter", ADA, HALL) for _ in range(3)] == [None] * 3
    counting.at_once = 0
    counting.go.set()
    assert await ask_rules("may_enter", ADA, HALL) is True
    assert caplog.text.count("ROOMS_ACCESS does not answer may_enter") == 1


async def test_a_rule_that_was_cancelled_has_not_answered(counting):
    """It is no end of the server: the newcomer is told 4103, not 4200."""
    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    counting.go = SimpleNamespace(wait=lambda: cancelled)
    assert await ask_rules("may_enter", ADA, HALL) is None
