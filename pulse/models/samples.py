"""The samples of the last day, the rollups that charts read (of up to PULSE_RETENTION), and the hosts of both."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from rtproject.utils.clocks import is_over
from rtproject.utils.db import store_now

RETENTION = timedelta(hours=24)
ALIVE_INTERVALS = 3  # a host whose newest pulse is older than this many of its intervals is not live


class Sample(models.Model):
    """One stored pulse of one host, with its encoded frame."""

    host = models.CharField(max_length=255)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    frame = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "seq"], name="pulse_one_sample_a_tick"),)
        indexes = (
            models.Index(fields=["host", "-at"], name="pulse_newest_of_host"),
            models.Index(fields=["at"], name="pulse_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.host} #{self.seq}"


class HostQuerySet(models.QuerySet["Host"]):
    """Queries for hosts."""

    def live(self, now: datetime | None = None) -> list["Host"]:
        """The hosts with a recent pulse, by their own intervals and not by PULSE_INTERVAL."""
        now = now or store_now()
        return [
            host
            for host in self
            if not is_over(host.seen.timestamp(), now.timestamp(), ALIVE_INTERVALS * host.interval)
        ]


class Host(models.Model):
    """A machine that sent a pulse in the last day.

    `frame`, `interval` and `missed` are of the sample that was stored last. `at` is the time of the last
    pulse, also of one by a second worker, which is not stored. `seen` is the store's time at that pulse:
    the clock of a host may be wrong.
    """

    name = models.CharField(_("name"), max_length=255, unique=True)
    at = models.DateTimeField(_("last pulse"))
    seen = models.DateTimeField(_("seen"))
    frame = models.TextField(_("frame"))
    interval = models.FloatField(_("interval"), help_text=_("Seconds from one pulse to the next."))
    missed = models.BigIntegerField(
        _("missed"), default=0, help_text=_("Ticks missed since the worker started.")
    )
    # Of the agent that posted last, if any. `rival` is when one of another machine was refused last.
    posted = models.DateTimeField(_("posted"), null=True)
    boot = models.CharField(_("boot"), max_length=64, default="")
    agent = models.CharField(_("agent"), max_length=64, default="", help_text=_("The version of its agent."))
    rival = models.DateTimeField(_("rival"), null=True)
    stopped = models.BooleanField(
        _("stopped"), default=False, help_text=_("Its agent was stopped: that is no alert.")
    )

    objects = HostQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("machine"), _("machines")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Rollup(models.Model):
    """The samples of one host in the `step` seconds from the Unix time `start`, combined.

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
