"""Samples and rollups, which expire; thresholds; alerts."""

from pulse.models.alerts import AlertEvent, Threshold
from pulse.models.samples import ALIVE_INTERVALS, RETENTION, Host, Rollup, Sample

__all__ = ["ALIVE_INTERVALS", "RETENTION", "AlertEvent", "Host", "Rollup", "Sample", "Threshold"]
