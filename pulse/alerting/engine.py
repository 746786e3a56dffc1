"""The open alerts as the store has them: whoever looks goes on from there. It blocks, for threads.

Nothing is remembered between two calls, so it does not matter which process makes them, or how many do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from pulse.alert_rules import METRICS, STALE, Alert, Rule, next_alert, next_stale_alert, resolved
from pulse.alerting.staleness import Staleness
from pulse.models import ALIVE_INTERVALS, KEPT, AlertEvent, Host, Rollup, Sample, Threshold
from pulse.protocol import AlertEntry, Alerts, Pulse, written
from rtproject.utils.db import store_now


def rules() -> dict[str, Rule]:
    """The thresholds that the admin set, by metric."""
    return {threshold.metric: threshold.rule for threshold in Threshold.objects.all()}


def thresholds() -> dict[str, float]:
    """The thresholds by metric: percent, load per core. Without that of staleness, which no chart shows."""
    return {metric: rule.threshold for metric, rule in rules().items() if metric != STALE}


def observe(host: str, pulses: Sequence[tuple[Pulse, float]], interval: float, before: float | None) -> bool:
    """Judges new pulses of `host`, each with its Unix time, oldest first; returns whether an alert changed.

    `before` is the time of the pulse before them, and `interval` how many seconds there should be from one to the next.
    """
    known = rules()
    changed = False
    for pulse, at in pulses:
        unbroken = before is not None and 0 <= at - before <= ALIVE_INTERVALS * interval
        open_ones = {event.metric: event for event in AlertEvent.objects.open().filter(host=host)}
        changed |= _end_stale_alert(open_ones.pop(STALE, None), at)
        for metric, figure in METRICS.items():
            event = open_ones.get(metric)
            after = _next_alert(known.get(metric), _alert_of(event), figure(pulse), at, unbroken)
            changed |= _write(host, metric, event, after)
        before = at
    return changed


def find_stale_hosts(staleness: Staleness, clock: float, now: datetime | None = None) -> bool:
    """Opens alerts of hosts that are silent, forgets who has been for a day; returns whether an alert changed.

    `clock` is the monotonic time of `staleness`. The next pulse of a host ends its alert: see `observe`.
    """
    now = now or store_now()
    with transaction.atomic():
        pass  # raises while SQLite can be read and not written: then no pulse can be stored, and no host is silent
    hosts = {host.name: host for host in Host.objects.only("name", "at", "interval")}
    known = rules()
    rule = known.get(STALE)
    changed = False
    for name, seconds in staleness.look(clock, {name: host.at for name, host in hosts.items()}).items():
        is_gone = seconds >= ALIVE_INTERVALS * hosts[name].interval  # and not only its clock far behind
        if is_gone and hosts[name].at < now - KEPT:
            changed |= forget(hosts[name], now)
        elif rule is not None:
            changed |= _note_staleness(hosts[name], rule, seconds, now.timestamp())
    return changed | _resolve(_without_cause(known), now.timestamp())


def _without_cause(known: dict[str, Rule]) -> Iterable[AlertEvent]:
    """Open alerts that no pulse will end: of what has no rule any more, and of hosts that were forgotten just then."""
    open_ones = AlertEvent.objects.open()
    return open_ones.exclude(metric__in=known) | open_ones.exclude(host__in=Host.objects.values("name"))


def forget(host: Host, now: datetime | None = None) -> bool:
    """Ends what is open of a host that is gone, and deletes all else; returns whether an alert changed.

    Does nothing if a pulse came since `host` was read. If its worker still runs it is there again with its next pulse.
    """
    with transaction.atomic():
        if not Host.objects.filter(pk=host.pk, at=host.at).delete()[0]:
            return False
        Sample.objects.filter(host=host.name).delete()
        Rollup.objects.filter(host=host.name).delete()
        return _resolve(AlertEvent.objects.open().filter(host=host.name), (now or store_now()).timestamp())


def current(now: datetime | None = None) -> Alerts:
    """What dashboards are told. Raises django.db.Error."""
    alerts = tuple(entry_of(event) for event in AlertEvent.objects.current(now or store_now()))
    return Alerts(alerts, thresholds())


def entry_of(event: AlertEvent) -> AlertEntry:
    """One alert as it is told."""
    return AlertEntry(
        host=event.host,
        metric=event.metric,
        state=event.state,
        value=round(event.value, 2),
        threshold=event.threshold,
        since=written(event.since),
        fired=written(event.fired) if event.fired else None,
        until=written(event.until) if event.until else None,
    )


def _next_alert(
    rule: Rule | None, alert: Alert | None, value: float, at: float, unbroken: bool
) -> Alert | None:
    """See `alerts.judge`. Without a rule, because the admin deleted it, what is open is over."""
    if rule is None:
        return None if alert is None else resolved(alert, at)
    return next_alert(rule, alert, value, at, unbroken)


def _alert_of(event: AlertEvent | None) -> Alert | None:
    return None if event is None else event.alert


def _note_staleness(host: Host, rule: Rule, seconds: float, at: float) -> bool:
    if seconds < rule.threshold * host.interval:
        return False
    with transaction.atomic():
        others = AlertEvent.objects.open().filter(host=host.name)
        event = others.filter(metric=STALE).first()
        after = next_stale_alert(rule, host.interval, _alert_of(event), seconds, at)
        changed = _write(host.name, STALE, event, after)
        if changed and after is not None and after.state == "firing":
            _resolve(others.exclude(metric=STALE), at)  # what nobody measures any more
        return changed


def _resolve(events: Iterable[AlertEvent], at: float) -> bool:
    changes = [_write(event.host, event.metric, event, resolved(event.alert, at)) for event in events]
    return any(changes)


def _end_stale_alert(event: AlertEvent | None, at: float) -> bool:
    if event is None:
        return False
    whole = msgspec.structs.replace(event.alert, value=max(event.value, at - event.since.timestamp()))
    return _write(event.host, STALE, event, resolved(whole, at))


def _write(host: str, metric: str, event: AlertEvent | None, after: Alert | None) -> bool:
    """Stores what became of `event`, or of none, and returns whether that is another state."""
    if event is None:
        if after is not None:
            AlertEvent.objects.begin(host, metric, after)
        return after is not None
    if after != event.alert:
        AlertEvent.objects.go_on(event, after)
    return after is None or after.state != event.state
