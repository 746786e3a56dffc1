"""Samples and rollups, which expire; thresholds; alerts, and who is told of them."""

from pulse.models.alerts import AlertEvent, Threshold
from pulse.models.notifications import Notification, NotificationChannel, Silence
from pulse.models.samples import ALIVE_INTERVALS, RETENTION, Host, Rollup, Sample

__all__ = ["ALIVE_INTERVALS", "RETENTION", "AlertEvent", "Host", "Notification", "NotificationChannel"]
__all__ += ["Rollup", "Sample", "Silence", "Threshold"]
