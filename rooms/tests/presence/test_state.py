"""The bookkeeping of who is in a room, in which processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.presence.state import HERE, Change, PresenceState
from rooms.protocol import Person

ADA, BOB, EVE = (Person(name[0], name, guest=True) for name in ("ada", "bob", "eve"))


@pytest.fixture
def state() -> PresenceState:
    """Ada is here, and Bob in two other processes."""
    state = PresenceState()
    state.enter(HERE, [ADA])
    state.enter("p", [BOB])
    state.enter("q", [BOB])
    return state


def test_somebody_in_several_processes_is_one_member(state: PresenceState) -> None:
    """They join with the first and are gone with the last."""
    assert len(state) == 2
    assert state.enter(HERE, [BOB, EVE]) == Change([EVE], [])
    assert state.leave("p", ["b"]) == state.leave("q", ["b"]) == Change([], [])
    assert state.leave(HERE, ["b"]) == Change([], [BOB])
    assert ("b" in state, "e" in state, len(state)) == (False, True, 2)


def test_a_repetition_changes_nothing(state: PresenceState) -> None:
    """Neither who is there already nor who is not there counts."""
    assert state.enter("p", [BOB, BOB]) == Change([], [])
    assert state.leave("p", ["a", "nobody"]) == state.leave("nowhere", ["b"]) == Change([], [])
    assert state.enter("r", [EVE, EVE]) == Change([EVE], [])
    assert len(state) == 3


def test_a_process_is_replaced_as_a_whole(state: PresenceState) -> None:
    """Who is not in it any more is gone, unless they are elsewhere, too."""
    assert state.replace("p", [EVE]) == Change([EVE], [])
    assert state.replace("q", []) == Change([], [BOB])
    assert state.replace("p", []) == Change([], [EVE])
    assert state.at("p") == state.at("q") == {}


def test_the_latest_name_counts(state: PresenceState) -> None:
    """A member who comes again by another name is the same one."""
    renamed = Person("a", "Countess", guest=True)
    assert state.enter(HERE, [renamed]) == Change([], [])
    assert state.at(HERE) == {"a": renamed}


def test_some_are_as_many_as_were_asked_for(state: PresenceState) -> None:
    """Nobody is named twice, and nobody is left out while there is room."""
    assert [len(state.some(most)) for most in range(4)] == [0, 1, 2, 2]
    assert {person.id for person in state.some(9)} == {"a", "b"}


def test_those_who_want_to_come_are_counted_with_those_who_are_there(state: PresenceState) -> None:
    """Whoever is in any process already needs no place, and nobody needs two."""
    assert state.count_with([]) == 2
    assert state.count_with(["a", "b", "e", "e"]) == 3


def test_empty_processes_are_forgotten(state: PresenceState) -> None:
    """However many came and went, nothing of them is kept."""
    state.leave(HERE, ["a"])
    state.replace("p", [])
    state.leave("q", ["b"])
    state.enter("r", [])
    state.replace("s", [])
    assert state._places == {}


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
    state = PresenceState()
    model: dict[str, set[Person]] = {HERE: set(), "p": set(), "q": set()}
    for action, process, people in script:
        before = set().union(*model.values())
        if action == "leave":
            change = state.leave(process, [person.id for person in people])
            model[process] -= set(people)
        else:
            change = getattr(state, action)(process, people)
            model[process] = set(people) | (model[process] if action == "enter" else set())
        now = set().union(*model.values())
        assert (set(change.joined), set(change.left)) == (now - before, before - now)
        assert len(change.joined + change.left) == len(now ^ before)
        assert len(state) == len(now) == state.count_with([person.id for person in now])
        assert set(state.some(len(PEOPLE))) == now
        assert [person in now for person in PEOPLE] == [person.id in state for person in PEOPLE]
        assert [set(state.at(name).values()) for name in model] == list(model.values())
