"""When an alert is pending, fires and is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.alert_rules import METRICS, Alert, Rule, next_alert, next_stale_alert, resolved
from pulse.protocol import Usage
from pulse.tests.support import BEAT, NOON, pulse

RULE = Rule(threshold=90, margin=10, hold=60)

values = st.floats(0, 100)
rules = st.builds(
    Rule, threshold=st.floats(20, 100), margin=st.floats(0, 19), hold=st.sampled_from([0, 5, 12, 60])
)


def run(rule: Rule, values: list[float], interval: float = BEAT) -> list[Alert | None]:
    """What there is after each value of an unbroken row. An alert that is over is not there for the next."""
    seen: list[Alert | None] = []
    for number, value in enumerate(values):
        before = seen[-1] if seen and seen[-1] is not None and seen[-1].until is None else None
        seen.append(next_alert(rule, before, value, NOON + interval * number))
    return seen


def states(seen: list[Alert | None]) -> list[str | None]:
    return [None if alert is None else alert.state for alert in seen]


def test_a_figure_below_its_threshold_is_no_alert() -> None:
    assert next_alert(RULE, None, 89.9, NOON) is None


def test_a_figure_at_its_threshold_is_pending_since_then() -> None:
    assert next_alert(RULE, None, 90, NOON) == Alert(state="pending", value=90, threshold=90, since=NOON)


def test_an_alert_fires_when_the_figure_held_for_long_enough() -> None:
    seen = run(RULE, [95.0] * 13)
    assert states(seen) == ["pending"] * 12 + ["firing"]
    assert seen[-1] == Alert(state="firing", value=95, threshold=90, since=NOON, fired=NOON + 60)


def test_without_a_time_to_hold_it_fires_at_once() -> None:
    alert = next_alert(Rule(90), None, 90, NOON)
    assert alert == Alert(state="firing", value=90, threshold=90, since=NOON, fired=NOON)


def test_a_pending_alert_whose_figure_falls_below_the_threshold_was_none() -> None:
    """Also within the margin: it did not hold."""
    assert states(run(RULE, [95.0, 89.0, 95.0])) == ["pending", None, "pending"]


def test_a_firing_alert_stays_within_the_margin_and_is_over_below_it() -> None:
    seen = run(Rule(90, 10), [95.0, 80.0, 79.9])
    assert states(seen) == ["firing", "firing", "resolved"]
    assert seen[-1] == Alert(
        state="resolved", value=95, threshold=90, since=NOON, fired=NOON, until=NOON + 2 * BEAT
    )


def test_without_a_margin_it_is_over_below_the_threshold() -> None:
    assert states(run(Rule(90), [90.0, 90.0, 89.9])) == ["firing", "firing", "resolved"]


def test_the_highest_figure_is_kept() -> None:
    last = run(Rule(90, 10), [91.0, 99.0, 95.0, 85.0])[-1]
    assert last is not None
    assert last.value == 99


def test_what_nobody_measured_did_not_hold() -> None:
    pending = next_alert(RULE, None, 95, NOON)
    alert = next_alert(RULE, pending, 96, NOON + 600, unbroken=False)
    assert alert == Alert(state="pending", value=96, threshold=90, since=NOON + 600)


def test_a_clock_that_was_set_back_begins_holding_anew() -> None:
    pending = next_alert(RULE, None, 95, NOON)
    again = next_alert(RULE, pending, 95, NOON - 3600)
    assert again == Alert(state="pending", value=95, threshold=90, since=NOON - 3600)
    fired = next_alert(RULE, again, 95, NOON - 3540)
    assert fired is not None
    assert fired.state == "firing"


def test_an_alert_never_ends_before_it_fired() -> None:
    fired = next_alert(Rule(90), None, 95, NOON)
    over = next_alert(Rule(90), fired, 10, NOON - 3600)
    assert over is not None
    assert over.until == NOON


def test_a_gap_does_not_end_a_firing_alert() -> None:
    fired = next_alert(Rule(90), None, 95, NOON)
    assert states([next_alert(Rule(90), fired, 95, NOON + 3600, unbroken=False)]) == ["firing"]


def test_a_threshold_that_was_changed_counts_from_the_next_figure_on() -> None:
    fired = next_alert(Rule(90), None, 95, NOON)
    lower = next_alert(Rule(50, 10), fired, 60, NOON + 5)
    assert lower is not None
    assert (lower.state, lower.threshold) == ("firing", 50)
    assert states([next_alert(Rule(98), fired, 95, NOON + 5)]) == ["resolved"]


def test_an_alert_that_never_fired_leaves_nothing_when_it_is_over() -> None:
    pending = Alert(state="pending", value=95, threshold=90, since=NOON)
    assert resolved(pending, NOON + 1) is None


@given(rules, st.lists(values, max_size=60))
def test_it_fires_exactly_when_all_figures_of_so_long_a_time_were_too_high(
    rule: Rule, figures: list[float]
) -> None:
    seen = run(rule, figures)
    for number, alert in enumerate(seen):
        if alert is not None and alert.fired == NOON + BEAT * number:
            first = round((alert.since - NOON) / BEAT)
            assert (number - first) * BEAT >= rule.hold
            assert min(figures[first : number + 1]) >= rule.threshold
            assert first == 0 or figures[first - 1] < rule.threshold or states(seen)[first - 1] == "resolved"
        if alert is None or alert.state == "pending":
            held = int(rule.hold / BEAT) + 2
            assert number + 1 < held or min(figures[number + 1 - held : number + 1]) < rule.threshold


@given(rules, st.lists(values, max_size=60))
def test_it_is_over_exactly_when_a_figure_is_below_the_margin(rule: Rule, figures: list[float]) -> None:
    seen = states(run(rule, figures))
    for before, after, figure in zip(seen, seen[1:], figures[1:], strict=False):
        assert (after == "resolved") == (before == "firing" and figure < rule.threshold - rule.margin)


@given(rules, st.lists(st.tuples(values, st.floats(-7200, 7200), st.booleans()), max_size=40))
def test_times_are_in_order_whatever_the_clock_does(
    rule: Rule, steps: list[tuple[float, float, bool]]
) -> None:
    alert, at = None, NOON
    for value, seconds, unbroken in steps:
        at += seconds
        alert = next_alert(rule, alert, value, at, unbroken)
        if alert is not None and alert.fired is not None:
            assert alert.since <= alert.fired <= (alert.until or alert.fired)
        if alert is not None and alert.state == "resolved":
            alert = None


def test_the_load_is_judged_per_core() -> None:
    made = pulse("web-1", 1, NOON, load=(6.0, 1.0, 1.0), cores=(1.0, 2.0, 3.0, 4.0))
    assert METRICS["load"](made) == 1.5


def test_the_load_of_a_machine_whose_cores_are_unknown_is_of_one() -> None:
    assert METRICS["load"](pulse("web-1", 1, NOON, load=(6.0, 1.0, 1.0), cores=())) == 6


def test_fillings_are_judged_in_percent() -> None:
    full = {name: Usage(percent, 1, 2) for name, percent in (("memory", 1.0), ("swap", 2.0), ("disk", 3.0))}
    made = pulse("web-1", 1, NOON, cpu=4.0, **full)
    assert [METRICS[name](made) for name in ("memory", "swap", "disk", "cpu")] == [1, 2, 3, 4]


@pytest.mark.parametrize(("seconds", "state"), [(14.9, None), (15.0, "firing"), (600.0, "firing")])
def test_silence_is_counted_in_beats(seconds: float, state: str | None) -> None:
    assert states([next_stale_alert(Rule(3), BEAT, None, seconds, NOON)]) == [state]


def test_silence_begins_with_the_last_pulse() -> None:
    alert = next_stale_alert(Rule(3), BEAT, None, 17, NOON)
    assert alert == Alert(state="firing", value=17, threshold=15, since=NOON - 17, fired=NOON)


def test_silence_that_shall_hold_is_pending_first() -> None:
    rule = Rule(3, hold=10)
    pending = next_stale_alert(rule, BEAT, None, 16, NOON)
    assert states([pending]) == ["pending"]
    assert next_stale_alert(rule, BEAT, pending, 20, NOON + 4) == pending
    assert next_stale_alert(rule, BEAT, pending, 25, NOON + 9) == Alert(
        state="firing", value=25, threshold=15, since=NOON - 16, fired=NOON + 9
    )


def test_silence_that_fired_goes_on_as_it_is() -> None:
    """Also for an onlooker who has only just begun to look."""
    fired = next_stale_alert(Rule(3), BEAT, None, 17, NOON)
    assert next_stale_alert(Rule(3), BEAT, fired, 5, NOON + 60) == fired
    assert next_stale_alert(Rule(3), BEAT, fired, 500, NOON + 600) == fired
