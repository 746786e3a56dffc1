"""Storing pulses with their rollups and alerts. It blocks: call it in threads."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from pulse.alerting import engine
from pulse.models import Host, Rollup, Sample
from pulse.protocol import STRAY_TICKS, Pulse, moment
from pulse.storage import rollups
from rtproject.utils.db import store_now


@dataclass(frozen=True, slots=True)
class NewSample:
    """A pulse that is not stored yet, and its frame `text`.

    `at` is its Unix time, `interval` the seconds from one pulse of its host to the next, `missed` the
    ticks that its worker missed since it started.
    """

    pulse: Pulse
    text: str
    at: float
    interval: float
    missed: int = 0


def store_samples(
    samples: Sequence[NewSample], now: float | None = None, alerts_since: float = 0.0, **columns: Any
) -> bool:
    """Store pulses of one host, oldest first, in one transaction. Raise django.db.Error.

    `now` is the Unix time of the clock that gave them theirs, by default this machine's. A pulse whose `seq` is
    stored already is of a second worker: it shows that the host is live, and has no other effect. One from before
    `alerts_since` has none on alerts. `columns` are stored with the host. Return whether an alert changed.
    """
    columns.setdefault("stopped", False)
    with transaction.atomic():
        host, newest = samples[0].pulse.host, samples[-1].at
        before = Host.objects.filter(name=host).first()
        if before is not None:
            _delete_future(before, newest, time.time() if now is None else now)
        new = _store_new(host, samples)
        is_outdated = before is not None and newest < min(alerts_since, before.at.timestamp())
        if new and not is_outdated:
            _update_host(new[-1], newest, columns)
        elif not is_outdated:
            Host.objects.filter(name=host).update(at=moment(newest), seen=store_now(), **columns)
        if not new:
            return False
        rollups.roll_up(host, [sample.at for sample in new])
        return engine.observe(
            host,
            [(sample.pulse, sample.at) for sample in new if sample.at >= alerts_since],
            interval=new[-1].interval,
            before=None if before is None else before.at.timestamp(),
        )


def _delete_future(host: Host, at: float, now: float) -> None:
    """Delete the samples after `at` if the host's clock was set back: their ticks come again.

    The newest pulse alone, at `at`, does not show that: a worker that was stopped for a while stores an
    old one. So the clock `now` must be behind, too.
    """
    if host.at.timestamp() - max(at, now) > STRAY_TICKS * host.interval:
        Sample.objects.filter(host=host.name, at__gte=moment(at)).delete()
        Rollup.objects.filter(host=host.name, start__gt=at).delete()


def _store_new(host: str, samples: Sequence[NewSample]) -> list[NewSample]:
    """Store the samples whose `seq` is new, and return them."""
    Sample.objects.bulk_create(
        [
            Sample(host=host, seq=sample.pulse.seq, at=moment(sample.at), frame=sample.text)
            for sample in samples
        ],
        ignore_conflicts=True,
    )
    seqs = [sample.pulse.seq for sample in samples]
    stored = dict(Sample.objects.filter(host=host, seq__in=seqs).values_list("seq", "frame"))
    return [sample for sample in samples if stored.get(sample.pulse.seq) == sample.text]


def _update_host(newest: NewSample, at: float, columns: dict[str, Any]) -> None:
    """Store the state of a host from its newest sample, and the time `at` of its last pulse."""
    state = {
        "at": moment(at),
        "seen": store_now(),
        "frame": newest.text,
        "interval": newest.interval,
        "missed": newest.missed,
        **columns,
    }
    Host.objects.bulk_create(
        [Host(name=newest.pulse.host, **state)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=list(state),
    )
