"""The rules by which alerts begin, fire and end. No Django; callers pass the time."""

from collections.abc import Callable
from typing import Literal

import msgspec

from pulse.protocol import Pulse, figure

State = Literal["pending", "firing", "resolved"]

STALE = "silent"  # the metric of a host without pulses: seconds since its last


def _load_per_core(pulse: Pulse) -> float | None:
    if pulse.load is None or pulse.limited:  # a container sees the load of the machine around it
        return None
    return round(pulse.load[0] / max(1, len(pulse.cores or ())), 2)


# The metrics that can have a threshold. Load is per core, so one threshold fits machines of any size.
METRICS: dict[str, Callable[[Pulse], float | None]] = {
    "cpu": figure("cpu"),
    "memory": figure("memory.percent"),
    "swap": figure("swap.percent"),
    "disk": figure("disk.percent"),
    "load": _load_per_core,
}


class Rule(msgspec.Struct, frozen=True):
    """The condition of an alert.

    It fires when a figure was at least `threshold` for `hold` seconds, and resolves when it was below
    `threshold - margin` as long, so that a figure near its threshold does not fire again and again.
    """

    threshold: float
    margin: float = 0.0
    hold: float = 0.0


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of one metric of one host. Times are Unix time.

    `value` is the highest figure since `since`, when the figure first reached the threshold. `below` is since when
    the figures are low enough for a firing alert to end.
    """

    state: State
    value: float
    threshold: float
    since: float
    fired: float | None = None
    below: float | None = None
    until: float | None = None


def next_alert(
    rule: Rule, alert: Alert | None, value: float | None, at: float, unbroken: bool = True
) -> Alert | None:
    """The alert that follows from the open `alert`, or from None, when `value` is measured.

    With `unbroken=False`, measurements are missing before this one, so the hold time starts again; so
    it does when the clock was set back. A pending alert whose figure falls below the threshold is dropped, as
    is one whose figure is missing; that leaves a firing alert as it is.
    """
    if value is None:
        return alert if alert is not None and alert.state == "firing" else None
    if alert is not None and alert.state == "firing":
        return _next_firing(rule, alert, value, at, unbroken)
    if value < rule.threshold:
        return None
    if alert is None or not unbroken or at < alert.since:
        alert = Alert(state="pending", value=value, threshold=rule.threshold, since=at)
    alert = msgspec.structs.replace(alert, value=max(alert.value, value), threshold=rule.threshold)
    return alert if at - alert.since < rule.hold else msgspec.structs.replace(alert, state="firing", fired=at)


def _next_firing(rule: Rule, alert: Alert, value: float, at: float, unbroken: bool) -> Alert | None:
    """The firing alert, or its end. It takes two low figures, so that the dip of one sample ends nothing."""
    alert = msgspec.structs.replace(alert, value=max(alert.value, value), threshold=rule.threshold)
    if value >= rule.threshold - rule.margin:
        return msgspec.structs.replace(alert, below=None)
    if alert.below is None or not unbroken or at < alert.below:
        return msgspec.structs.replace(alert, below=at)
    return alert if at - alert.below < rule.hold else resolved(alert, at)


def next_stale_alert(
    rule: Rule, interval: float, alert: Alert | None, seconds: float, at: float
) -> Alert | None:
    """The stale alert that follows from `alert` at `at`, `seconds` after the last pulse.

    The rule's threshold is in intervals. The alert begins with the last pulse; the next one ends it.
    """
    limit = rule.threshold * interval
    fires = seconds >= limit + rule.hold
    if seconds < limit or (alert is not None and (alert.state == "firing" or not fires)):
        return alert
    since = at - seconds if alert is None else min(alert.since, at - seconds)
    state: State = "firing" if fires else "pending"
    return Alert(state=state, value=seconds, threshold=limit, since=since, fired=at if fires else None)


def resolved(alert: Alert, at: float) -> Alert | None:
    """The alert after its end, or None if it never fired. It does not end before it fired."""
    if alert.fired is None:
        return None
    return msgspec.structs.replace(alert, state="resolved", until=max(at, alert.fired))


def with_unit(metric: str, figure: float) -> str:
    """A figure of an alert as text."""
    if metric == STALE:
        return f"{figure:.0f} s"
    return f"{figure:.2f} per core" if metric == "load" else f"{figure:.1f} %"
