"""Samples that agents posted, by the server's clock. It blocks: call it in threads."""

from datetime import timedelta
from operator import attrgetter

import msgspec
from django.conf import settings

from pulse.models import ALIVE_INTERVALS, Host
from pulse.protocol import Post, encode, pulse_of
from pulse.storage.store import NewSample, store_samples
from rtproject.utils.db import store_now

KEPT_SECONDS = 7200.0  # older samples are dropped: agents keep an hour
WRONG_CLOCK = 30.0  # seconds that a clock may be off before it is shown
CONFLICT_SHOWN = timedelta(minutes=2)  # since the last post of the other machine


class Conflict(Exception):
    """Raised for a post of a second machine under the name of one that is alive."""


def store_post(host: str, post: Post, version: str, received: float) -> tuple[list[NewSample], bool]:
    """Store a post of `host` that came at the Unix time `received`, from an agent of this `version`.

    Return the samples that are no older than those of a live host, and whether an alert changed. The others are stored
    without an alert. Raise Conflict and django.db.Error.
    """
    interval = settings.PULSE_INTERVAL
    alive, clock, now = ALIVE_INTERVALS * interval, post.now - received, store_now()
    known = Host.objects.filter(name=host).first()
    if known and known.posted and known.boot != post.boot and now - known.posted < timedelta(seconds=alive):
        Host.objects.filter(name=host).update(rival=now)
        raise Conflict
    notes = {
        "clock": round(clock, 1) if abs(clock) > WRONG_CLOCK else None,
        "conflict": bool(known and known.rival and now - known.rival < CONFLICT_SHOWN),
    }
    samples = []
    for measured in sorted(post.samples, key=attrgetter("at")):
        if 0 <= post.now - measured.at < KEPT_SECONDS:
            at = measured.at - clock
            pulse = pulse_of(msgspec.structs.replace(measured, at=at), host, int(at // interval), **notes)
            samples.append(NewSample(pulse, encode(pulse), at, interval))
    # After an orderly stop another machine may post at once, under the same name.
    agent = {
        "boot": post.boot,
        "posted": None if post.stopping else now,
        "agent": version,
        "stopped": post.stopping,
    }
    if not samples:
        if post.stopping:
            Host.objects.filter(name=host).update(**agent)
        return [], False
    changed = store_samples(samples, received, received - alive, **agent)
    return [sample for sample in samples if sample.at >= received - alive], changed
