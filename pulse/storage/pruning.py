"""Deletes what is not kept any longer, a little at a time. It blocks, for threads."""

from datetime import datetime

from pulse.models import AlertEvent, Sample
from pulse.storage import rollups
from rtproject.utils.db import store_now

STEP = 500  # samples: more than come in meanwhile, and few enough to hold no lock for long


def prune(now: datetime | None = None) -> bool:
    """Deletes some of what is too old, and returns whether there is more of it. Raises django.db.Error."""
    now = now or store_now()
    deleted = Sample.objects.prune(STEP, now)
    rollups.prune(now.timestamp())
    AlertEvent.objects.expired(now).delete()
    return deleted == STEP
