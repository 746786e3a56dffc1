"""The presence state of one room."""

from hypothesis import given
from hypothesis import strategies as st

from rooms.presence.state import Change, PresenceState, Update
from rooms.protocol import Person

PEOPLE = {letter: Person(letter, letter.upper(), guest=True) for letter in "abcdef"}
CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef")), max_size=20)


def numbered(changes: list[tuple[bool, str]]) -> list[Update]:
    """Updates from number 1 on: a member comes, or goes."""
    return [
        Update(number, [PEOPLE[member]] if comes else [], [] if comes else [member])
        for number, (comes, member) in enumerate(changes, 1)
    ]


def result(changes: list[tuple[bool, str]]) -> set[str]:
    """The ids of the members after all changes: the last one of each decides."""
    return {member for member, comes in {member: comes for comes, member in changes}.items() if comes}


@given(CHANGES, st.randoms())
def test_updates_lead_to_the_same_members_in_whatever_order_they_come(changes, random):
    """Each is told once, and what is told leads there, too."""
    updates = numbered(changes)
    state = PresenceState()
    seen: set[str] = set()
    versions = []
    for update in random.sample(updates * 2, 2 * len(updates)):
        for change in state.take(update):
            versions.append(state.version)
            for person in change.joined:
                assert person.id not in seen
                seen.add(person.id)
            for person in change.left:
                seen.remove(person.id)
    assert versions == list(range(1, len(updates) + 1))
    assert set(state.members) == seen == result(changes)


def test_what_is_missing_can_be_skipped():
    """In order; what is skipped is too late afterwards."""
    first, second, third, fourth = numbered([(True, "a"), (True, "b"), (False, "a"), (True, "c")])
    state = PresenceState()
    for update in (fourth, second):
        assert list(state.take(update)) == []
    assert [change.joined for change in state.skip_missing()] == [second.joined, fourth.joined]
    assert list(state.take(first)) == list(state.take(third)) == []
    assert (set(state.members), state.version) == ({"b", "c"}, 4)


def test_all_members_can_be_replaced():
    """With what is compared to those that were known; where some may be missing, none is taken away."""
    state = PresenceState()
    state.apply([PEOPLE["a"], PEOPLE["b"]], [])
    first = state.replace([PEOPLE["b"], PEOPLE["c"]], 7, keep_missing=True)
    assert first == Change([PEOPLE["c"]], [])
    second = state.replace([PEOPLE["d"], PEOPLE["c"]], 9, keep_missing=False)
    assert second == Change([PEOPLE["d"]], [PEOPLE["a"], PEOPLE["b"]])
    assert list(state.take(Update(9, [PEOPLE["e"]], []))) == []
    assert set(state.members) == {"c", "d"}
