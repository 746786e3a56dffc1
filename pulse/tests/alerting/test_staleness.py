"""How long hosts have been silent, as one onlooker sees it."""

from hypothesis import given
from hypothesis import strategies as st

from pulse.alerting.staleness import Staleness

PATIENCE = 15.0


def test_at_the_first_look_nobody_is_known_to_be_silent() -> None:
    assert Staleness(PATIENCE).update(100.0, {"a": 1, "b": 2}) == {"a": 0, "b": 0}


def test_a_mark_that_stands_still_is_silence_since_it_was_seen_first() -> None:
    staleness = Staleness(PATIENCE)
    staleness.update(100.0, {"a": 1})
    assert staleness.update(105.0, {"a": 1}) == {"a": 5}
    assert staleness.update(110.0, {"a": 1}) == {"a": 10}


def test_any_change_of_a_mark_is_a_pulse() -> None:
    """Also back, as after the host's clock was."""
    staleness = Staleness(PATIENCE)
    for clock, mark in ((100.0, 7), (105.0, 8), (110.0, 3)):
        assert staleness.update(clock, {"a": mark}) == {"a": 0}


def test_hosts_are_silent_each_for_itself() -> None:
    staleness = Staleness(PATIENCE)
    staleness.update(100.0, {"a": 1})
    staleness.update(105.0, {"a": 1, "b": 1})
    assert staleness.update(110.0, {"a": 1, "b": 2}) == {"a": 10, "b": 0}


def test_a_host_that_was_forgotten_is_new_when_it_is_there_again() -> None:
    staleness = Staleness(PATIENCE)
    for clock, marks in ((100.0, {"a": 1}), (105.0, {})):
        staleness.update(clock, marks)
    assert staleness.update(110.0, {"a": 1}) == {"a": 0}


def test_who_did_not_look_for_long_saw_nothing() -> None:
    staleness = Staleness(PATIENCE)
    staleness.update(100.0, {"a": 1})
    assert staleness.update(115.0, {"a": 1}) == {"a": 15}
    assert staleness.update(130.1, {"a": 1}) == {"a": 0}


def test_who_could_not_look_begins_anew() -> None:
    staleness = Staleness(PATIENCE)
    staleness.update(100.0, {"a": 1})
    staleness.reset()
    assert staleness.update(105.0, {"a": 1}) == {"a": 0}


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans(), st.booleans()), max_size=50))
def test_it_never_says_more_than_the_truth(steps: list[tuple[float, bool, bool]]) -> None:
    """Whatever the pauses between pulses and looks are."""
    staleness = Staleness(PATIENCE)
    clock, mark, pulsed = 100.0, 0, 100.0
    for seconds, pulses, looks in steps:
        clock += seconds
        if pulses:
            mark, pulsed = mark + 1, clock
        if looks:
            assert staleness.update(clock, {"a": mark})["a"] <= clock - pulsed
