"""The presence state of one room."""

from hypothesis import given
from hypothesis import strategies as st

from rooms.presence.state import HERE, PresenceState
from rooms.protocol import Person

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
def test_it_agrees_with_a_set_of_members_for_each_process(script):
    """A member joins with the first process and leaves with the last; a repetition changes nothing."""
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
        assert state.count_with(["a", "new", "new"]) == len(now | {PEOPLE[0]}) + 1
        assert set(state.some(len(PEOPLE))) == now
        assert len(state.some(2)) == min(2, len(now))
        assert [person in now for person in PEOPLE] == [person.id in state for person in PEOPLE]
        assert [set(state.at(name).values()) for name in model] == list(model.values())
        assert all(state._places.values())  # nothing is kept of empty processes
