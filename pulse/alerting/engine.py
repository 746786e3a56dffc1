"""Alerts in the store. These functions block: call them in threads.

They keep no state between calls, so any number of processes may call them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from pulse.alert_rules import METRICS, STALE, Alert, Rule, next_alert, next_stale_alert, resolved
from pulse.alerting.staleness import Staleness
from pulse.models import ALIVE_INTERVALS, RETENTION, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.protocol import AlertEntry, Alerts, Pulse, rfc3339
from rtproject.utils.db import store_now


def rules() -> dict[str, Rule]:
    """The rules of the thresholds that the admin set, by metric."""
    return {threshold.metric: threshold.rule for threshold in Threshold.objects.all()}


def thresholds() -> dict[str, float]:
    """The thresholds by metric: percent, load per core. Without staleness, which no chart shows."""
    return {metric: rule.threshold for metric, rule in rules().items() if metric != STALE}


def observe(host: str, pulses: Sequence[tuple[Pulse, float]], interval: float, before: float | None) -> bool:
    """Evaluate new pulses of `host`, each with its Unix time, oldest first.

    `before` is the time of the pulse before them, `interval` the seconds from one to the next. Return
    whether an alert changed its state.
    """
    known = rules()
    changed = False
    for pulse, at in pulses:
        unbroken = before is not None and 0 <= at - before <= ALIVE_INTERVALS * interval
        open_events = {event.metric: event for event in AlertEvent.objects.open().filter(host=host)}
        changed |= _end_stale_alert(open_events.pop(STALE, None), at)
        for metric, figure in METRICS.items():
            if rule := known.get(metric):
                event = open_events.get(metric)
                after = next_alert(rule, event.alert if event else None, figure(pulse), at, unbroken)
                changed |= _write(host, metric, event, after)
        before = at
    return changed


def find_stale_hosts(staleness: Staleness, clock: float, now: datetime | None = None) -> bool:
    """Open alerts of stale hosts, and end alerts without a cause.

    A host that was stale for a day is deleted. The next pulse of a host ends its stale alert: see
    `observe`. `clock` is the monotonic time for `staleness`. Return whether an alert changed its state.
    """
    now = now or store_now()
    with transaction.atomic():
        pass  # raises while SQLite can be read but not written: then no pulse can be stored either
    hosts = {host.name: host for host in Host.objects.only("name", "at", "interval")}
    known = rules()
    rule = known.get(STALE)
    changed = False
    for name, seconds in staleness.update(clock, {name: host.at for name, host in hosts.items()}).items():
        is_gone = seconds >= ALIVE_INTERVALS * hosts[name].interval  # and not only its clock far behind
        if is_gone and hosts[name].at < now - RETENTION:
            changed |= delete_host(hosts[name], now)
        elif rule is not None:
            changed |= _update_stale_alert(hosts[name], rule, seconds, now.timestamp())
    return changed | _resolve(_without_cause(known), now.timestamp())


def _without_cause(known: dict[str, Rule]) -> Iterable[AlertEvent]:
    """Open alerts that no pulse will end: their rule or their host was deleted."""
    open_events = AlertEvent.objects.open()
    return open_events.exclude(metric__in=known) | open_events.exclude(host__in=Host.objects.values("name"))


def delete_host(host: Host, now: datetime | None = None) -> bool:
    """Delete a host with its samples and rollups, and end its alerts; its events stay.

    Do nothing if a pulse came since `host` was read. A host whose worker still runs is back with its
    next pulse. Return whether an alert changed its state.
    """
    with transaction.atomic():
        if not Host.objects.filter(pk=host.pk, at=host.at).delete()[0]:
            return False
        Sample.objects.filter(host=host.name).delete()
        Rollup.objects.filter(host=host.name).delete()
        return _resolve(AlertEvent.objects.open().filter(host=host.name), (now or store_now()).timestamp())


def current_alerts(now: datetime | None = None) -> Alerts:
    """The frame for dashboards. Raise django.db.Error."""
    alerts = tuple(entry_of(event) for event in AlertEvent.objects.current(now or store_now()))
    return Alerts(alerts, thresholds())


def entry_of(event: AlertEvent) -> AlertEntry:
    """One alert of a frame."""
    return AlertEntry(
        host=event.host,
        metric=event.metric,
        state=event.state,
        value=round(event.value, 2),
        threshold=event.threshold,
        since=rfc3339(event.since),
        fired=rfc3339(event.fired) if event.fired else None,
        until=rfc3339(event.until) if event.until else None,
    )


def _update_stale_alert(host: Host, rule: Rule, seconds: float, at: float) -> bool:
    if seconds < rule.threshold * host.interval:
        return False
    with transaction.atomic():
        open_events = AlertEvent.objects.open().filter(host=host.name)
        event = open_events.filter(metric=STALE).first()
        after = next_stale_alert(rule, host.interval, event.alert if event else None, seconds, at)
        changed = _write(host.name, STALE, event, after)
        if changed and after is not None and after.state == "firing":
            _resolve(open_events.exclude(metric=STALE), at)  # nothing measures these metrics any more
        return changed


def _end_stale_alert(event: AlertEvent | None, at: float) -> bool:
    if event is None:
        return False
    whole = msgspec.structs.replace(event.alert, value=max(event.value, at - event.since.timestamp()))
    return _write(event.host, STALE, event, resolved(whole, at))


def _resolve(events: Iterable[AlertEvent], at: float) -> bool:
    changes = [_write(event.host, event.metric, event, resolved(event.alert, at)) for event in events]
    return any(changes)


def _write(host: str, metric: str, event: AlertEvent | None, after: Alert | None) -> bool:
    """Store the alert `after` in place of `event`; return whether its state is another one."""
    if event is None:
        if after is not None:
            AlertEvent.objects.begin(host, metric, after)
        return after is not None
    if after != event.alert:
        AlertEvent.objects.update_open(event, after)
    return after is None or after.state != event.state
