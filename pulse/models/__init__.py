"""What is kept: samples and what they are thinned to, for a day; thresholds; alerts."""

from pulse.models.alerts import AlertEvent, Threshold
from pulse.models.samples import ALIVE_INTERVALS, KEPT, Host, Rollup, Sample

__all__ = ["ALIVE_INTERVALS", "KEPT", "AlertEvent", "Host", "Rollup", "Sample", "Threshold"]
