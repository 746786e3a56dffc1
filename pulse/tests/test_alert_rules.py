"""When an alert is pending, fires and ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.alert_rules import METRICS, Alert, Rule, next_alert, next_stale_alert, resolved
from pulse.protocol import DiskUsage, Usage
from pulse.tests.support import INTERVAL, NOON, pulse

RULE = Rule(threshold=90, margin=10, hold=60)

values = st.floats(0, 100)
rules = st.builds(
    Rule, threshold=st.floats(20, 100), margin=st.floats(0, 19), hold=st.sampled_from([0, 5, 12, 60])
)


def run(rule: Rule, values: list[float]) -> list[Alert | None]:
    """The alert after each of the values, one in each interval. No alert follows one that ended."""
    seen: list[Alert | None] = []
    for number, value in enumerate(values):
        before = seen[-1] if seen and seen[-1] is not None and seen[-1].until is None else None
        seen.append(next_alert(rule, before, value, NOON + INTERVAL * number))
    return seen


def states(seen: list[Alert | None]) -> list[str | None]:
    return [None if alert is None else alert.state for alert in seen]


def test_an_alert_fires_after_the_hold_time() -> None:
    seen = run(RULE, [89.9, *[90.0] * 12, 95.0])
    assert states(seen) == [None, *["pending"] * 12, "firing"]
    assert seen[-1] == Alert(
        state="firing", value=95, threshold=90, since=NOON + INTERVAL, fired=NOON + INTERVAL + 60
    )


def test_a_firing_alert_ends_below_the_margin_with_its_highest_figure() -> None:
    seen = run(Rule(90, 10), [95.0, 99.0, 80.0, 79.9, 79.9])
    assert states(seen) == [*["firing"] * 4, "resolved"]
    until = NOON + 4 * INTERVAL
    assert seen[-1] == Alert(
        state="resolved", value=99, threshold=90, since=NOON, fired=NOON, below=until - INTERVAL, until=until
    )


def test_missing_measurements_restart_a_pending_alert_and_do_not_end_a_firing_one() -> None:
    pending = next_alert(RULE, None, 95, NOON)
    alert = next_alert(RULE, pending, 96, NOON + 600, unbroken=False)
    assert alert == Alert(state="pending", value=96, threshold=90, since=NOON + 600)
    fired = next_alert(Rule(90), None, 95, NOON)
    assert states([next_alert(Rule(90), fired, 95, NOON + 3600, unbroken=False)]) == ["firing"]


def test_a_clock_that_was_set_back_restarts_a_pending_alert() -> None:
    pending = next_alert(RULE, None, 95, NOON)
    again = next_alert(RULE, pending, 95, NOON - 3600)
    assert again == Alert(state="pending", value=95, threshold=90, since=NOON - 3600)


def test_a_pending_alert_leaves_nothing() -> None:
    assert resolved(Alert(state="pending", value=95, threshold=90, since=NOON), NOON + 1) is None


@given(rules, st.lists(values, max_size=60))
def test_an_alert_fires_exactly_when_all_figures_of_the_hold_time_were_too_high(
    rule: Rule, figures: list[float]
) -> None:
    seen = run(rule, figures)
    for number, alert in enumerate(seen):
        if alert is not None and alert.fired == NOON + INTERVAL * number:
            first = round((alert.since - NOON) / INTERVAL)
            assert (number - first) * INTERVAL >= rule.hold
            assert min(figures[first : number + 1]) >= rule.threshold
            assert first == 0 or figures[first - 1] < rule.threshold or states(seen)[first - 1] == "resolved"
        if alert is None or alert.state == "pending":
            held = int(rule.hold / INTERVAL) + 2
            assert number + 1 < held or min(figures[number + 1 - held : number + 1]) < rule.threshold


@given(rules, st.lists(values, max_size=60))
def test_an_alert_ends_exactly_when_all_figures_of_the_hold_time_were_below_the_margin(
    rule: Rule, figures: list[float]
) -> None:
    """They are two at least: the dip of one sample ends nothing."""
    seen = states(run(rule, figures))
    count = max(2, math.ceil(rule.hold / INTERVAL) + 1)
    for number in range(1, len(seen)):
        last = range(max(0, number + 1 - count), number + 1)
        low = len(last) == count and all(
            figures[each] < rule.threshold - rule.margin and "firing" in seen[each - 1 : each]
            for each in last
        )
        assert (seen[number] == "resolved") == low


@given(rules, st.lists(st.tuples(values, st.floats(-7200, 7200), st.booleans()), max_size=40))
def test_the_times_of_an_alert_are_in_order_with_any_clock(
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


def test_metrics_are_percent_and_load_per_core() -> None:
    figures = {"cpu": 4.0, "memory": Usage(1, 1, 2), "swap": Usage(2, 1, 2), "disk": DiskUsage(3, 1, 2)}
    made = pulse("web-1", 1, NOON, load=(6.0, 1.0, 1.0), cores=(1.0, 2.0, 3.0, 4.0), **figures)
    values = {name: value(made) for name, value in METRICS.items()}
    assert values == {"cpu": 4, "memory": 1, "swap": 2, "disk": 3, "load": 1.5}
    assert METRICS["load"](pulse(load=(6.0, 1.0, 1.0), cores=())) == 6
    assert METRICS["load"](pulse(load=(6.0, 1.0, 1.0), limited=True)) is None


def test_what_was_not_measured_neither_fires_nor_ends_an_alert() -> None:
    pending, firing = (
        Alert(state=state, value=95, threshold=90, since=NOON) for state in ("pending", "firing")
    )
    assert [next_alert(RULE, alert, None, NOON + 60) for alert in (None, pending, firing)] == [
        None,
        None,
        firing,
    ]


@pytest.mark.parametrize(("seconds", "state"), [(14.9, None), (15.0, "firing"), (600.0, "firing")])
def test_staleness_is_counted_in_intervals(seconds: float, state: str | None) -> None:
    assert states([next_stale_alert(Rule(3), INTERVAL, None, seconds, NOON)]) == [state]


def test_a_stale_alert_begins_with_the_last_pulse_and_fires_after_the_hold_time() -> None:
    rule = Rule(3, hold=10)
    pending = next_stale_alert(rule, INTERVAL, None, 16, NOON)
    assert pending == Alert(state="pending", value=16, threshold=15, since=NOON - 16)
    assert next_stale_alert(rule, INTERVAL, pending, 20, NOON + 4) == pending
    fired = next_stale_alert(rule, INTERVAL, pending, 25, NOON + 9)
    assert fired == Alert(state="firing", value=25, threshold=15, since=NOON - 16, fired=NOON + 9)
    for seconds in (5, 500):  # also a process that started to check just now leaves it
        assert next_stale_alert(rule, INTERVAL, fired, seconds, NOON + 600) == fired
