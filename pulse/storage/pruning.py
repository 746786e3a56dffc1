"""Pruning of expired rows, a few at a time. It blocks: call it in threads."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from pulse.models import RETENTION, AlertEvent, Rollup, Sample
from pulse.models.alerts import EVENT_RETENTION
from pulse.storage.rollups import DAY, STEPS
from rtproject.utils.db import store_now

BATCH = 500  # samples: more than come in meanwhile, and few enough to hold no lock for long


def prune(now: datetime | None = None) -> bool:
    """Delete some of the expired rows; return whether samples are left. Raise django.db.Error."""
    now = now or store_now()
    expired = Q(at__lt=now - RETENTION) | Q(at__gt=now + RETENTION)  # or its clock was wrong
    oldest = Sample.objects.filter(expired).order_by("at").values_list("pk", flat=True)[:BATCH]
    deleted, _ = Sample.objects.filter(pk__in=list(oldest)).delete()
    for seconds, step in STEPS.items():
        age = seconds if seconds <= DAY else settings.PULSE_RETENTION * DAY
        kept = (now.timestamp() - age - step, (now + RETENTION).timestamp())
        Rollup.objects.filter(step=step).exclude(start__range=kept).delete()
    AlertEvent.objects.filter(until__lt=now - EVENT_RETENTION).delete()
    return deleted == BATCH
