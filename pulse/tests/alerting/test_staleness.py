"""The staleness of hosts, as one process observes it."""

from hypothesis import given
from hypothesis import strategies as st

from pulse.alerting.staleness import Staleness

MAX_PAUSE = 15.0


def test_a_host_is_stale_since_its_mark_was_first_seen() -> None:
    """Any change of the mark ends that, also back, as after its clock was set."""
    staleness = Staleness(MAX_PAUSE)
    assert staleness.update(100.0, {"a": 7, "b": 1}) == {"a": 0, "b": 0}
    assert staleness.update(105.0, {"a": 7, "b": 2}) == {"a": 5, "b": 0}
    assert staleness.update(110.0, {"a": 7, "b": 1}) == {"a": 10, "b": 0}
    assert staleness.update(115.0, {"b": 1}) == {"b": 5}
    assert staleness.update(120.0, {"a": 7, "b": 1}) == {"a": 0, "b": 10}


def test_a_process_that_did_not_check_for_long_starts_again() -> None:
    staleness = Staleness(MAX_PAUSE)
    staleness.update(100.0, {"a": 1})
    assert staleness.update(115.0, {"a": 1}) == {"a": 15}
    assert staleness.update(130.1, {"a": 1}) == {"a": 0}
    staleness.reset()
    assert staleness.update(135.0, {"a": 1}) == {"a": 0}


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans(), st.booleans()), max_size=50))
def test_staleness_is_never_longer_than_the_truth(steps: list[tuple[float, bool, bool]]) -> None:
    staleness = Staleness(MAX_PAUSE)
    clock, mark, pulsed = 100.0, 0, 100.0
    for seconds, pulses, checks in steps:
        clock += seconds
        if pulses:
            mark, pulsed = mark + 1, clock
        if checks:
            assert staleness.update(clock, {"a": mark})["a"] <= clock - pulsed
