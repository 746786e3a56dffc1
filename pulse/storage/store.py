"""Everything that becomes of a host's pulses in the database, in one transaction. It blocks, for threads."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from pulse.alerting import engine as engine
from pulse.models import Host, Rollup, Sample
from pulse.protocol import Pulse, moment
from pulse.storage import rollups
from rtproject.utils.db import store_now

STRAY_INTERVALS = 10  # further behind, a pulse is no late one


@dataclass(frozen=True, slots=True)
class NewSample:
    """One pulse as it is handed to the store.

    `text` is its frame, `at` the Unix time it was measured at, `interval` the seconds from one pulse of its host to the
    next, `missed` the ticks that its worker missed since it was started.
    """

    pulse: Pulse
    text: str
    at: float
    interval: float
    missed: int = 0


def keep(measured: Sequence[NewSample], now: float | None = None) -> bool:
    """Stores pulses of one host, oldest first, and whatever follows from them; returns whether an alert changed.

    It is called on that host: `now` is the Unix time there, by default this machine's. Pulses whose host and `seq` are
    stored already are of a second worker on that host: they are a sign of life, and nothing else follows from them.
    Nothing is stored by halves. Raises django.db.Error.
    """
    with transaction.atomic():
        host = measured[0].pulse.host
        before = Host.objects.filter(name=host).first()
        if before is not None:
            _forget_a_future(before, measured[-1].at, time.time() if now is None else now)
        new = _store(host, measured)
        if not new:
            Host.objects.filter(name=host).update(at=moment(measured[-1].at), seen=store_now())
            return False
        _note(new[-1], measured[-1].at)
        rollups.roll_up(host, [each.at for each in new])
        return engine.observe(
            host,
            [(each.pulse, each.at) for each in new],
            interval=new[-1].interval,
            before=None if before is None else before.at.timestamp(),
        )


def _forget_a_future(host: Host, at: float, now: float) -> None:
    """After the host's clock was set back, what it stored before stands where it will store again: that goes.

    `at` is the time of its newest pulse and `now` what its clock shows. A pulse alone may be old: that of a second
    worker is behind by a little, and that of one that was stopped for a while by as much.
    """
    if host.at.timestamp() - max(at, now) > STRAY_INTERVALS * host.interval:
        Sample.objects.filter(host=host.name, at__gte=moment(at)).delete()
        Rollup.objects.filter(host=host.name, start__gt=at).delete()


def _store(host: str, measured: Sequence[NewSample]) -> list[NewSample]:
    """Stores those that are not there yet, and returns them."""
    seqs = [each.pulse.seq for each in measured]
    Sample.objects.store(
        Sample(host=host, seq=each.pulse.seq, at=moment(each.at), frame=each.text) for each in measured
    )
    stored = dict(Sample.objects.filter(host=host, seq__in=seqs).values_list("seq", "frame"))
    return [each for each in measured if stored.get(each.pulse.seq) == each.text]


def _note(newest: NewSample, at: float) -> None:
    """What is known of a host is that of its newest sample, and `at` its last sign of life."""
    host = Host(
        name=newest.pulse.host,
        at=moment(at),
        seen=store_now(),
        frame=newest.text,
        interval=newest.interval,
        missed=newest.missed,
    )
    Host.objects.bulk_create(
        [host],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "seen", "frame", "interval", "missed"],
    )
