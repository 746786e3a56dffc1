"""Pruning of expired rows, a few at a time. It blocks: call it in threads."""

from datetime import datetime

from pulse.models import RETENTION, AlertEvent, Rollup, Sample
from pulse.models.alerts import EVENT_RETENTION
from pulse.storage.rollups import STEPS
from rtproject.utils.db import store_now

BATCH = 500  # samples: more than come in meanwhile, and few enough to hold no lock for long


def prune(now: datetime | None = None) -> bool:
    """Delete some of the expired rows; return whether samples are left. Raise django.db.Error."""
    now = now or store_now()
    oldest = Sample.objects.filter(at__lt=now - RETENTION).order_by("at").values_list("pk", flat=True)[:BATCH]
    deleted, _ = Sample.objects.filter(pk__in=list(oldest)).delete()
    for seconds, step in STEPS.items():
        Rollup.objects.filter(step=step, start__lt=now.timestamp() - seconds - step).delete()
    AlertEvent.objects.filter(until__lt=now - EVENT_RETENTION).delete()
    return deleted == BATCH
