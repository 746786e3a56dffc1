"""When a figure is a reason to worry, and for how long. Pure: no Django, and time is what the caller says it is."""

from collections.abc import Callable
from typing import Literal

import msgspec

from pulse.protocol import Pulse

State = Literal["pending", "firing", "resolved"]

STALE = "silent"  # the metric of a host without pulses: seconds since its last

# What has a threshold. The load is per core, so that one threshold fits machines of any size.
METRICS: dict[str, Callable[[Pulse], float]] = {
    "cpu": lambda pulse: pulse.cpu,
    "memory": lambda pulse: pulse.memory.percent,
    "swap": lambda pulse: pulse.swap.percent,
    "disk": lambda pulse: pulse.disk.percent,
    "load": lambda pulse: round(pulse.load[0] / max(1, len(pulse.cores)), 2),
}


class Rule(msgspec.Struct, frozen=True):
    """An alert fires when a figure was `threshold` or more for `hold` seconds, and resolves below `threshold - margin`.

    The margin (hysteresis) keeps a figure that swings about its threshold from firing again and again.
    """

    threshold: float
    margin: float = 0.0
    hold: float = 0.0


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of one metric of one host. Times are Unix time, in seconds.

    `value` is the highest figure since `since`, when it first reached the threshold; `fired` is when it had held for
    long enough, `until` when it was over.
    """

    state: State
    value: float
    threshold: float
    since: float
    fired: float | None = None
    until: float | None = None


def next_alert(
    rule: Rule, alert: Alert | None, value: float, at: float, unbroken: bool = True
) -> Alert | None:
    """What becomes of `alert` (the open one, or None) when `value` is measured at `at`.

    `unbroken` says that nothing was missed since the figure before: what nobody measured did not hold. A clock that
    was set back breaks it too. A pending alert whose figure falls below its threshold was none: None.
    """
    if alert is not None and alert.state == "firing":
        if value < rule.threshold - rule.margin:
            return resolved(alert, at)
        return msgspec.structs.replace(alert, value=max(alert.value, value), threshold=rule.threshold)
    if value < rule.threshold:
        return None
    if alert is None or not unbroken or at < alert.since:
        alert = Alert(state="pending", value=value, threshold=rule.threshold, since=at)
    alert = msgspec.structs.replace(alert, value=max(alert.value, value), threshold=rule.threshold)
    return alert if at - alert.since < rule.hold else msgspec.structs.replace(alert, state="firing", fired=at)


def next_stale_alert(
    rule: Rule, interval: float, alert: Alert | None, seconds: float, at: float
) -> Alert | None:
    """What becomes of the alert of a host without a pulse for `seconds`; of `interval` seconds there should be one in each.

    The rule's threshold is in intervals. The alert begins with the last pulse; that the next one ends it is not seen here.
    """
    limit = rule.threshold * interval
    fires = seconds >= limit + rule.hold
    if seconds < limit or (alert is not None and (alert.state == "firing" or not fires)):
        return alert
    since = at - seconds if alert is None else min(alert.since, at - seconds)
    state: State = "firing" if fires else "pending"
    return Alert(state=state, value=seconds, threshold=limit, since=since, fired=at if fires else None)


def resolved(alert: Alert, at: float) -> Alert | None:
    """The same alert when it is over: nothing, if it never fired. It never ends before it fired."""
    if alert.fired is None:
        return None
    return msgspec.structs.replace(alert, state="resolved", until=max(at, alert.fired))
