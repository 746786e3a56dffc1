"""The bookkeeping of who is in a room, in which processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.presence.state import HERE, Attendance, Change
from rooms.protocol import Person

ADA, BOB, EVE = (Person(name[0], name, guest=True) for name in ("ada", "bob", "eve"))


@pytest.fixture
def attendance() -> Attendance:
    """Ada is here, and Bob in two other processes."""
    attendance = Attendance()
    attendance.enter(HERE, [ADA])
    attendance.enter("p", [BOB])
    attendance.enter("q", [BOB])
    return attendance


def test_somebody_in_several_processes_is_one_member(attendance: Attendance) -> None:
    """They join with the first and are gone with the last."""
    assert len(attendance) == 2
    assert attendance.enter(HERE, [BOB, EVE]) == Change([EVE], [])
    assert attendance.leave("p", ["b"]) == attendance.leave("q", ["b"]) == Change([], [])
    assert attendance.leave(HERE, ["b"]) == Change([], [BOB])
    assert ("b" in attendance, "e" in attendance, len(attendance)) == (False, True, 2)


def test_a_repetition_changes_nothing(attendance: Attendance) -> None:
    """Neither who is there already nor who is not there counts."""
    assert attendance.enter("p", [BOB, BOB]) == Change([], [])
    assert attendance.leave("p", ["a", "nobody"]) == attendance.leave("nowhere", ["b"]) == Change([], [])
    assert attendance.enter("r", [EVE, EVE]) == Change([EVE], [])
    assert len(attendance) == 3


def test_a_process_is_replaced_as_a_whole(attendance: Attendance) -> None:
    """Who is not in it any more is gone, unless they are elsewhere, too."""
    assert attendance.replace("p", [EVE]) == Change([EVE], [])
    assert attendance.replace("q", []) == Change([], [BOB])
    assert attendance.replace("p", []) == Change([], [EVE])
    assert attendance.at("p") == attendance.at("q") == {}


def test_the_latest_name_counts(attendance: Attendance) -> None:
    """A member who comes again by another name is the same one."""
    renamed = Person("a", "Countess", guest=True)
    assert attendance.enter(HERE, [renamed]) == Change([], [])
    assert attendance.at(HERE) == {"a": renamed}


def test_some_are_as_many_as_were_asked_for(attendance: Attendance) -> None:
    """Nobody is named twice, and nobody is left out while there is room."""
    assert [len(attendance.some(most)) for most in range(4)] == [0, 1, 2, 2]
    assert {person.id for person in attendance.some(9)} == {"a", "b"}


def test_those_who_want_to_come_are_counted_with_those_who_are_there(attendance: Attendance) -> None:
    """Whoever is in any process already needs no place, and nobody needs two."""
    assert attendance.count_with([]) == 2
    assert attendance.count_with(["a", "b", "e", "e"]) == 3


def test_empty_processes_are_forgotten(attendance: Attendance) -> None:
    """However many came and went, nothing of them is kept."""
    attendance.leave(HERE, ["a"])
    attendance.replace("p", [])
    attendance.leave("q", ["b"])
    attendance.enter("r", [])
    attendance.replace("s", [])
    assert attendance._places == {}


PEOPLE = [Person(letter, letter.upper(), guest=True) for letter in "abcdef"]
SCRIPTS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "leave", "replace"]),
        st.sampled_from([HERE, "p", "q"]),
        st.lists(st.sampled_from(PEOPLE), max_size=5),
    ),
    max_size=25,
)


@given(SCRIPTS)
def test_it_agrees_with_a_set_of_members_for_each_process(
    script: list[tuple[str, str, list[Person]]],
) -> None:
    """Length, union and changes are right, whatever is done in whichever order."""
    attendance = Attendance()
    model: dict[str, set[Person]] = {HERE: set(), "p": set(), "q": set()}
    for action, process, people in script:
        before = set().union(*model.values())
        if action == "leave":
            change = attendance.leave(process, [person.id for person in people])
            model[process] -= set(people)
        else:
            change = getattr(attendance, action)(process, people)
            model[process] = set(people) | (model[process] if action == "enter" else set())
        now = set().union(*model.values())
        assert (set(change.joined), set(change.left)) == (now - before, before - now)
        assert len(change.joined + change.left) == len(now ^ before)
        assert len(attendance) == len(now) == attendance.count_with([person.id for person in now])
        assert set(attendance.some(len(PEOPLE))) == now
        assert [person in now for person in PEOPLE] == [person.id in attendance for person in PEOPLE]
        assert [set(attendance.at(name).values()) for name in model] == list(model.values())
