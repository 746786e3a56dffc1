"""Alerts in the store. These functions block: call them in threads.

They keep no state between calls, so any number of processes may call them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from pulse.alert_rules import METRICS, STALE, Alert, Rule, next_alert, next_stale_alert, resolved
from pulse.alerting.staleness import Staleness
from pulse.models import ALIVE_INTERVALS, RETENTION, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.models.alerts import RESOLVED_SHOWN
from pulse.protocol import Alerts, Pulse
from rtproject.utils.db import store_now, try_write


def rules() -> dict[str, dict[str, Rule]]:
    """The rules of the thresholds that the admin set, by host ("" for all) and metric."""
    found: dict[str, dict[str, Rule]] = {"": {}}
    for each in Threshold.objects.all():
        found.setdefault(each.host, {})[each.metric] = Rule(each.threshold, each.margin, each.hold)
    return found


def thresholds() -> dict[str, float]:
    """The thresholds of all hosts by metric: percent, load per core. Without staleness, which no chart shows."""
    return _shown(rules()[""])


def _shown(rules: dict[str, Rule]) -> dict[str, float]:
    return {metric: rule.threshold for metric, rule in rules.items() if metric != STALE}


def observe(host: str, pulses: Sequence[tuple[Pulse, float]], interval: float, before: float | None) -> bool:
    """Evaluate new pulses of `host`, each with its Unix time, oldest first.

    `before` is the time of the pulse before them, `interval` the seconds from one to the next. Return
    whether an alert changed its state.
    """
    found = rules()
    known = found[""] | found.get(host, {})
    changed = False
    for pulse, at in pulses:
        unbroken = before is not None and 0 <= at - before <= ALIVE_INTERVALS * interval
        open_events = {event.metric: event for event in AlertEvent.objects.filter(host=host, until=None)}
        if stale := open_events.get(STALE):
            alert = msgspec.structs.replace(stale.alert, value=max(stale.value, at - stale.alert.since))
            changed |= write_alert(host, STALE, stale, resolved(alert, at))
        for metric, figure in METRICS.items():
            if rule := known.get(metric):
                event = open_events.get(metric)
                after = next_alert(rule, event.alert if event else None, figure(pulse), at, unbroken)
                changed |= write_alert(host, metric, event, after)
        before = at
    return changed


def find_stale_hosts(staleness: Staleness, clock: float, now: datetime | None = None) -> bool:
    """Open alerts of stale hosts, and end alerts without a cause, as of a host whose agent was stopped.

    A host that was stale for a day is deleted. The next pulse of a host ends its stale alert: see
    `observe`. `clock` is the monotonic time for `staleness`. Return whether an alert changed its state.
    """
    now = now or store_now()
    try_write()  # while the store can only be read, no pulse can be stored either, and no host is stale
    hosts = {host.name: host for host in Host.objects.only("name", "at", "seen", "interval", "stopped")}
    known = rules()
    changed = False
    for name, seconds in staleness.update(clock, {name: host.at for name, host in hosts.items()}).items():
        # And not only the store's clock far ahead.
        is_gone = seconds >= ALIVE_INTERVALS * hosts[name].interval
        if is_gone and abs(now - hosts[name].seen) > RETENTION:
            changed |= delete_host(hosts[name], now, keep_rollups=True)
        elif not hosts[name].stopped and (rule := (known[""] | known.get(name, {})).get(STALE)):
            changed |= _update_stale_alert(hosts[name], rule, seconds, now.timestamp())
    has_rule = reduce(or_, (Q(host=host, metric__in=known[host]) for host in known), Q(metric__in=known[""]))
    has_cause = has_rule & Q(host__in=Host.objects.filter(stopped=False).values("name"))
    return changed | _resolve(AlertEvent.objects.exclude(has_cause), now.timestamp())


def delete_host(host: Host, now: datetime | None = None, *, keep_rollups: bool = False) -> bool:
    """Delete a host with its samples and rollups, and end its alerts; its events stay.

    Do nothing if a pulse came since `host` was read. A host whose worker still runs is back with its
    next pulse. With `keep_rollups`, as after a day of silence, its charts are back with it. Return whether an alert
    changed its state.
    """
    with transaction.atomic():
        if not Host.objects.filter(pk=host.pk, at=host.at).delete()[0]:
            return False
        Sample.objects.filter(host=host.name).delete()
        if not keep_rollups:
            Rollup.objects.filter(host=host.name).delete()
        return _resolve(AlertEvent.objects.filter(host=host.name), (now or store_now()).timestamp())


def current_alerts(now: datetime | None = None) -> Alerts:
    """The frame for dashboards. Raise django.db.Error."""
    now = now or store_now()
    shown = Q(until=None) | Q(until__gt=now - RESOLVED_SHOWN, until__lt=now + RESOLVED_SHOWN)
    events = AlertEvent.objects.filter(shown).order_by("since", "pk")
    by_host = {host: _shown(known) for host, known in rules().items()}
    return Alerts(tuple(event.entry for event in events), by_host.pop(""), by_host)


def _update_stale_alert(host: Host, rule: Rule, seconds: float, at: float) -> bool:
    if seconds < rule.threshold * host.interval:
        return False
    with transaction.atomic():
        if not Host.objects.select_for_update().filter(pk=host.pk, at=host.at, stopped=False).first():
            return False  # it was deleted meanwhile, or is back
        event = AlertEvent.objects.filter(host=host.name, metric=STALE, until=None).first()
        after = next_stale_alert(rule, host.interval, event.alert if event else None, seconds, at)
        changed = write_alert(host.name, STALE, event, after)
        if changed and after is not None and after.state == "firing":
            # Nothing measures the other metrics any more.
            _resolve(AlertEvent.objects.filter(host=host.name).exclude(metric=STALE), at)
        return changed


def _resolve(events: QuerySet[AlertEvent], at: float) -> bool:
    """End those of `events` that are open; return whether there are any."""
    ended = list(events.filter(until=None))
    for event in ended:
        write_alert(event.host, event.metric, event, resolved(event.alert, at))
    return bool(ended)


def write_alert(host: str, metric: str, event: AlertEvent | None, after: Alert | None) -> bool:
    """Store the alert `after` in place of the open `event`; return whether its state changed.

    Do nothing if another process has opened an alert or changed its state in the meantime.
    """
    if event is None:
        if after is not None:
            new = AlertEvent(host=host, metric=metric, **AlertEvent.columns(after))
            new.untold = after.state != "pending"
            AlertEvent.objects.bulk_create([new], ignore_conflicts=True)
        return after is not None
    unchanged = AlertEvent.objects.filter(pk=event.pk, state=event.state, until=None)
    if after is None:
        unchanged.delete()
        return True
    news = {"untold": True} if after.state != event.state else {}  # fired, or over
    if after != event.alert:
        unchanged.update(**AlertEvent.columns(after), **news)
    return bool(news)
