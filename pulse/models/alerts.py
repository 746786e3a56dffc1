"""Thresholds and alerts."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from pulse.alert_rules import STALE, Alert, Rule
from pulse.protocol import moment

RESOLVED_SHOWN = timedelta(minutes=1)  # how long dashboards get an alert after its end
EVENT_RETENTION = timedelta(days=90)
MIN_STALENESS = 2  # intervals: a single late pulse is no staleness

LABELS = {
    "cpu": "CPU, percent",
    "memory": "Memory, percent",
    "swap": "Swap, percent",
    "disk": "Disk, percent",
    "load": "Load per core over one minute",
    STALE: "Staleness, intervals without a pulse",
}


class Threshold(models.Model):
    """The rule for alerts of one metric of any host. A metric without a threshold has no alerts."""

    metric = models.CharField(max_length=16, unique=True, choices=LABELS)
    threshold = models.FloatField(
        validators=[MinValueValidator(0.01)],
        help_text="An alert starts at this figure: percent, load per core, or intervals without a pulse.",
    )
    margin = models.FloatField(
        default=0,
        validators=[MinValueValidator(0)],
        help_text="A firing alert ends when the figure is this much below the threshold. 0 for staleness.",
    )
    hold = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(86_400)],
        help_text="Seconds at or above the threshold before the alert fires. Until then it is pending.",
    )

    class Meta:
        ordering = ("metric",)

    def __str__(self) -> str:
        return str(self.get_metric_display())

    def clean(self) -> None:
        """Raise ValidationError for an alert that could never fire or never end."""
        if None in (self.threshold, self.margin):  # the form reports these itself
            return
        if self.metric == STALE:
            _require(self.threshold >= MIN_STALENESS, "threshold", f"At least {MIN_STALENESS} intervals.")
            _require(self.margin == 0, "margin", "Staleness ends with the next pulse and has no margin.")
        elif self.metric != "load":
            _require(self.threshold <= 100, "threshold", "At most 100 percent.")
        _require(self.margin < self.threshold, "margin", "Less than the threshold, or no alert would end.")

    @property
    def rule(self) -> Rule:
        """The rule, for staleness in intervals."""
        return Rule(self.threshold, self.margin, self.hold)


def _require(holds: bool, field: str, sentence: str) -> None:
    if not holds:
        raise ValidationError({field: sentence})


class AlertEventQuerySet(models.QuerySet["AlertEvent"]):
    """Queries for alerts, and updates that are safe beside other processes."""

    def open(self) -> Self:
        """The alerts that have not ended."""
        return self.filter(until=None)

    def current(self, now: datetime) -> Self:
        """The alerts that dashboards show: those without an end, or with a recent one, oldest first."""
        return self.filter(Q(until=None) | Q(until__gt=now - RESOLVED_SHOWN)).order_by("since", "pk")

    def expired(self, now: datetime) -> Self:
        """The alerts that ended before EVENT_RETENTION."""
        return self.filter(until__lt=now - EVENT_RETENTION)

    def begin(self, host: str, metric: str, alert: Alert) -> None:
        """Store a new alert, unless one of this host and metric is open already."""
        self.bulk_create([self.model(host=host, metric=metric, **_columns(alert))], ignore_conflicts=True)

    def update_open(self, event: "AlertEvent", alert: Alert | None) -> None:
        """Store the change of an open alert, unless another process changed its state before."""
        unchanged = self.open().filter(pk=event.pk, state=event.state)
        if alert is None:
            unchanged.delete()
        else:
            unchanged.update(**_columns(alert))


class AlertEvent(models.Model):
    """One alert from its first figure to its end. `fired` is empty if it never fired."""

    host = models.CharField(max_length=255)
    metric = models.CharField(max_length=16, choices=LABELS)
    state = models.CharField(
        max_length=8, choices=[(state, state) for state in ("pending", "firing", "resolved")]
    )
    value = models.FloatField(help_text="The highest figure since the alert began; for staleness, seconds.")
    threshold = models.FloatField(help_text="For staleness, seconds.")
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
        """The alert as the rules know it."""
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
        "since": moment(alert.since),
        "fired": None if alert.fired is None else moment(alert.fired),
        "until": None if alert.until is None else moment(alert.until),
    }
