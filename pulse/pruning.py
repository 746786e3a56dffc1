"""Deletes what is not kept any longer, a little at a time. It blocks, for threads."""

from datetime import datetime

from django.utils import timezone

from pulse import rollups
from pulse.models import AlertEvent, Sample

STEP = 500  # samples: more than come in meanwhile, and few enough to hold no lock for long


def prune(now: datetime | None = None) -> bool:
    """Deletes some of what is too old, and returns whether there is more of it. Raises django.db.Error."""
    now = now or timezone.now()
    deleted = Sample.objects.prune(STEP, now)
    rollups.prune(now.timestamp())
    AlertEvent.objects.expired(now).delete()
    return deleted == STEP
