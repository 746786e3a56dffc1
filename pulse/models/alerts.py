"""Thresholds and alerts."""

from datetime import timedelta
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from pulse.alert_rules import STALE, Alert
from pulse.protocol import AlertEntry, moment, rfc3339

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
    """The rule for alerts of one metric, of any host or of one. A metric without a threshold has no alerts."""

    metric = models.CharField(max_length=16, choices=LABELS)
    host = models.CharField(
        max_length=255, blank=True, default="", help_text="Counts for this machine instead of that for all."
    )
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
        help_text="Seconds at or above the threshold before the alert fires, and below it before it ends.",
    )

    class Meta:
        ordering = ("metric", "host")
        constraints = (models.UniqueConstraint(fields=["metric", "host"], name="pulse_one_threshold_a_host"),)

    def __str__(self) -> str:
        return f"{self.get_metric_display()}{self.host and ' of '}{self.host}"

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


def _require(holds: bool, field: str, sentence: str) -> None:
    if not holds:
        raise ValidationError({field: sentence})


class AlertEvent(models.Model):
    """One alert from its first figure to its end.

    `fired` is empty if it never fired, `until` while it is open. With `untold` its last state is news for the
    notification channels; `told` is whether these know of its beginning.
    """

    host = models.CharField(max_length=255)
    metric = models.CharField(max_length=16, choices=LABELS)
    state = models.CharField(
        max_length=8, choices=[(state, state) for state in ("pending", "firing", "resolved")]
    )
    value = models.FloatField(help_text="The highest figure since the alert began; for staleness, seconds.")
    threshold = models.FloatField(help_text="For staleness, seconds.")
    since = models.DateTimeField()
    fired = models.DateTimeField(null=True)
    below = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    untold = models.BooleanField(default=False)
    told = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["host", "metric"], condition=Q(until=None), name="pulse_one_open_alert"
            ),
        )
        indexes = (
            models.Index(fields=["-since"], name="pulse_alerts_by_time"),
            models.Index(fields=["until"], name="pulse_alerts_by_end"),
            models.Index(fields=["id"], condition=Q(untold=True), name="pulse_untold_alerts"),
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
            below=self.below.timestamp() if self.below else None,
            until=self.until.timestamp() if self.until else None,
        )

    @property
    def entry(self) -> AlertEntry:
        """The alert as a frame shows it."""
        return AlertEntry(
            host=self.host,
            metric=self.metric,
            state=self.state,
            value=round(self.value, 2),
            threshold=self.threshold,
            since=rfc3339(self.since),
            fired=rfc3339(self.fired) if self.fired else None,
            until=rfc3339(self.until) if self.until else None,
        )

    @staticmethod
    def columns(alert: Alert) -> dict[str, Any]:
        """The fields of an event for `alert`."""
        times = {name: getattr(alert, name) for name in ("since", "fired", "below", "until")}
        stored = {name: None if at is None else moment(at) for name, at in times.items()}
        return msgspec.structs.asdict(alert) | stored
