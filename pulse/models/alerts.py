"""Thresholds, and the alerts that came of them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from pulse.alert_rules import STALE, Alert, Rule

SHOWN_RESOLVED = timedelta(minutes=1)  # how long an alert that is over is still told to dashboards
EVENTS_KEPT = timedelta(days=90)
LEAST_STALENESS = 2  # intervals: a single late pulse is no staleness

LABELS = {
    "cpu": "CPU, percent",
    "memory": "Memory, percent",
    "swap": "Swap, percent",
    "disk": "Disk, percent",
    "load": "Load per core over one minute",
    STALE: "Staleness, intervals without a pulse",
}


class Threshold(models.Model):
    """When one metric of any host is a reason to worry. A metric without a row here never is."""

    metric = models.CharField(max_length=16, unique=True, choices=LABELS)
    threshold = models.FloatField(
        validators=[MinValueValidator(0.01)],
        help_text="From here on it is too much: percent, load per core, or intervals without a pulse.",
    )
    margin = models.FloatField(
        default=0,
        validators=[MinValueValidator(0)],
        help_text="An alert is over when the figure is this much below the threshold. None for staleness.",
    )
    hold = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(86_400)],
        help_text="Seconds for which it must last before the alert fires; until then it is pending.",
    )

    class Meta:
        ordering = ("metric",)

    def __str__(self) -> str:
        return str(self.get_metric_display())

    def clean(self) -> None:
        """Raises ValidationError for an alert that could never fire, or never end."""
        if None in (self.threshold, self.margin):  # the form says so already
            return
        if self.metric == STALE:
            _require(self.threshold >= LEAST_STALENESS, "threshold", f"At least {LEAST_STALENESS} intervals.")
            _require(self.margin == 0, "margin", "Staleness is over with the next pulse: there is no margin.")
        elif self.metric != "load":
            _require(self.threshold <= 100, "threshold", "At most 100 percent.")
        _require(
            self.margin < self.threshold, "margin", "Less than the threshold, or no alert would ever be over."
        )

    @property
    def rule(self) -> Rule:
        """The same for the engine; of staleness in intervals."""
        return Rule(self.threshold, self.margin, self.hold)


def _require(holds: bool, field: str, sentence: str) -> None:
    if not holds:
        raise ValidationError({field: sentence})


class AlertEventQuerySet(models.QuerySet["AlertEvent"]):
    """The questions that are asked of alerts."""

    def open(self) -> Self:
        """Those that are not over."""
        return self.filter(until=None)

    def current(self, now: datetime) -> Self:
        """Those that are not over, and those that were resolved a moment ago; the oldest first."""
        return self.filter(Q(until=None) | Q(until__gt=now - SHOWN_RESOLVED)).order_by("since", "pk")

    def expired(self, now: datetime) -> Self:
        """Those that are over and are not kept any longer."""
        return self.filter(until__lt=now - EVENTS_KEPT)

    def begin(self, host: str, metric: str, alert: Alert) -> None:
        """Stores a new alert, unless another process did so before: of a host and metric one is open at most."""
        self.bulk_create([self.model(host=host, metric=metric, **_columns(alert))], ignore_conflicts=True)

    def go_on(self, event: "AlertEvent", alert: Alert | None) -> None:
        """Stores what became of an open alert, unless another process has changed its state before."""
        still = self.open().filter(pk=event.pk, state=event.state)
        if alert is None:
            still.delete()
        else:
            still.update(**_columns(alert))


class AlertEvent(models.Model):
    """One alert from its first figure to its end. It fired if it has a time for that."""

    host = models.CharField(max_length=255)
    metric = models.CharField(max_length=16, choices=LABELS)
    state = models.CharField(
        max_length=8, choices=[(state, state) for state in ("pending", "firing", "resolved")]
    )
    value = models.FloatField(help_text="The highest since it began; of staleness, seconds.")
    threshold = models.FloatField(help_text="Of staleness, seconds.")
    since = models.DateTimeField()
    fired = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    objects = AlertEventQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["host", "metric"], condition=Q(until=None), name="pulse_one_open_alert"
            ),
        )
        indexes = (
            models.Index(fields=["-since"], name="pulse_alerts_by_time"),
            models.Index(fields=["until"], name="pulse_alerts_by_end"),
        )

    def __str__(self) -> str:
        return f"{self.host}: {self.metric} {self.state}"

    @property
    def alert(self) -> Alert:
        """The same for the engine."""
        return Alert(
            state=self.state,  # type: ignore[arg-type]
            value=self.value,
            threshold=self.threshold,
            since=self.since.timestamp(),
            fired=self.fired.timestamp() if self.fired else None,
            until=self.until.timestamp() if self.until else None,
        )


def _columns(alert: Alert) -> dict[str, Any]:
    return {
        "state": alert.state,
        "value": alert.value,
        "threshold": alert.threshold,
        "since": _moment(alert.since),
        "fired": _moment(alert.fired),
        "until": _moment(alert.until),
    }


def _moment(unix_time: float | None) -> datetime | None:
    return None if unix_time is None else datetime.fromtimestamp(unix_time, UTC)
