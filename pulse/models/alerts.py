"""Thresholds and alerts."""

from datetime import timedelta
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pulse.alert_rules import STALE, Alert
from pulse.protocol import AlertEntry, moment, rfc3339

RESOLVED_SHOWN = timedelta(minutes=1)  # how long dashboards get an alert after its end
EVENT_RETENTION = timedelta(days=90)
MIN_STALENESS = 2  # intervals: a single late pulse is no staleness

LABELS = {
    "cpu": _("CPU, percent"),
    "memory": _("Memory, percent"),
    "swap": _("Swap, percent"),
    "disk": _("Disk, percent"),
    "load": _("Load per core over one minute"),
    STALE: _("Staleness, intervals without a pulse"),
}
STATES = {"pending": _("pending"), "firing": _("firing"), "resolved": _("resolved")}


class Threshold(models.Model):
    """The rule for alerts of one metric, of any host or of one. A metric without a threshold has no alerts."""

    metric = models.CharField(_("metric"), max_length=16, choices=LABELS)
    host = models.CharField(
        _("host"),
        max_length=255,
        blank=True,
        default="",
        help_text=_("Counts for this machine instead of that for all."),
    )
    threshold = models.FloatField(
        _("threshold"),
        validators=[MinValueValidator(0.01)],
        help_text=_("An alert starts at this figure: percent, load per core, or intervals without a pulse."),
    )
    margin = models.FloatField(
        _("margin"),
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("A firing alert ends when the figure is this much below the threshold. 0 for staleness."),
    )
    hold = models.PositiveIntegerField(
        _("hold"),
        default=0,
        validators=[MaxValueValidator(86_400)],
        help_text=_("Seconds at or above the threshold before the alert fires, and below it before it ends."),
    )

    class Meta:
        verbose_name, verbose_name_plural = _("threshold"), _("thresholds")
        ordering = ("metric", "host")
        constraints = (models.UniqueConstraint(fields=["metric", "host"], name="pulse_one_threshold_a_host"),)

    def __str__(self) -> str:
        return f"{self.get_metric_display()}{self.host and ' of '}{self.host}"

    def clean(self) -> None:
        """Raise ValidationError for an alert that could never fire or never end."""
        if None in (self.threshold, self.margin):  # the form reports these itself
            return
        if self.metric == STALE:
            _require(self.threshold >= MIN_STALENESS, "threshold", _("At least 2 intervals."))
            _require(self.margin == 0, "margin", _("Staleness ends with the next pulse and has no margin."))
        elif self.metric != "load":
            _require(self.threshold <= 100, "threshold", _("At most 100 percent."))
        _require(self.margin < self.threshold, "margin", _("Less than the threshold, or no alert would end."))


def _require(holds: bool, field: str, sentence: Any) -> None:
    if not holds:
        raise ValidationError({field: sentence})


class AlertEvent(models.Model):
    """One alert from its first figure to its end.

    `fired` is empty if it never fired, `until` while it is open. With `untold` its last state is news for the
    notification channels; `told` is whether these know of its beginning.
    """

    host = models.CharField(_("host"), max_length=255)
    metric = models.CharField(_("metric"), max_length=16, choices=LABELS)
    state = models.CharField(_("state"), max_length=8, choices=STATES)
    value = models.FloatField(
        _("value"), help_text=_("The highest since the alert began; for staleness, seconds.")
    )
    threshold = models.FloatField(_("threshold"), help_text=_("For staleness, seconds."))
    since = models.DateTimeField(_("since"))
    fired = models.DateTimeField(_("fired"), null=True)
    below = models.DateTimeField(null=True)
    until = models.DateTimeField(_("until"), null=True)
    untold = models.BooleanField(default=False)
    told = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("alert event"), _("alert events")
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
        return f"{self.host}: {self.get_metric_display()}, {self.get_state_display()}"

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
