"""The samples of the last day, what they are thinned to, and the hosts that they are of."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.db import models

from rtproject.utils.db import store_now

KEPT = timedelta(hours=24)
ALIVE_INTERVALS = 3  # a worker whose newest sample is older than so many of its intervals is taken for gone


class SampleQuerySet(models.QuerySet["Sample"]):
    """The questions that are asked of samples."""

    def newest(self, count: int, host: str | None = None, now: datetime | None = None) -> list["Sample"]:
        """The `count` newest samples of each host whose worker runs (or of `host` alone), oldest first.

        One query for each host: only so does the index give them without reading all of a day. Ordered by
        time and not by `seq`, whose scale is another one after PULSE_INTERVAL was changed.
        """
        hosts = Host.objects.live(now) if count else []
        # Compared here and not in SQL: `host` may come from a query string and hold what a database cannot.
        chosen = [known.name for known in hosts if host is None or known.name == host]
        rows = [row for known in chosen for row in self.filter(host=known).order_by("-at")[:count]]
        return sorted(rows, key=lambda row: row.at)

    def expired(self, now: datetime) -> Self:
        """Those that are not kept any longer, oldest first."""
        return self.filter(at__lt=now - KEPT).order_by("at")

    def prune(self, most: int, now: datetime) -> int:
        """Deletes up to `most` expired samples and returns how many it were."""
        oldest = list(self.expired(now).values_list("pk", flat=True)[:most])
        return self.filter(pk__in=oldest).delete()[0] if oldest else 0

    def store(self, samples: Iterable["Sample"]) -> None:
        """Stores those whose host and `seq` are new; the others are of a second worker on the same host."""
        self.bulk_create(samples, ignore_conflicts=True)


class Sample(models.Model):
    """One pulse of one host: its finished frame, and what it is looked up by."""

    host = models.CharField(max_length=255)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    frame = models.TextField()

    objects = SampleQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "seq"], name="pulse_one_sample_a_tick"),)
        indexes = (
            models.Index(fields=["host", "-at"], name="pulse_newest_of_host"),
            models.Index(fields=["at"], name="pulse_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.host} #{self.seq}"


class HostQuerySet(models.QuerySet["Host"]):
    """The question that is asked of hosts."""

    def live(self, now: datetime | None = None) -> list["Host"]:
        """Those whose worker runs, as far as each one's own interval tells: it need not be PULSE_INTERVAL here."""
        now = now or store_now()
        return [host for host in self if now - host.seen < timedelta(seconds=ALIVE_INTERVALS * host.interval)]


class Host(models.Model):
    """A machine that sent a pulse in the last day: what is known of it without looking at its samples.

    `frame`, `interval` and `missed` are of its newest sample, by the order in which they were stored: its clock may be set
    back. `at` is its last sign of life, which may have come from a second worker whose samples do not count, and `seen`
    is when that was stored by the clock of the store, whatever its own says.
    """

    name = models.CharField(max_length=255, unique=True)
    at = models.DateTimeField()
    seen = models.DateTimeField()
    frame = models.TextField()
    interval = models.FloatField(help_text="Seconds from one of its pulses to the next.")
    missed = models.BigIntegerField(default=0, help_text="Ticks that its worker missed since it was started.")

    objects = HostQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Rollup(models.Model):
    """The samples of one host in `step` seconds from the Unix time `start` on, as one.

    `figures` is the JSON of a `figures.Fold`.
    """

    host = models.CharField(max_length=255)
    step = models.PositiveIntegerField()
    start = models.BigIntegerField()
    figures = models.TextField()

    class Meta:
        # In the order in which a chart of all hosts reads them.
        constraints = (
            models.UniqueConstraint(fields=["step", "host", "start"], name="pulse_one_rollup_a_step"),
        )

    def __str__(self) -> str:
        return f"{self.host} from {self.start}, {self.step} s"
