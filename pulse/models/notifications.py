"""The channels that are told of alerts, their messages, and silences."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class NotificationChannel(models.Model):
    """An address of Apprise, such as a mailbox or a webhook, which is told when alerts begin and end.

    Its messages are sent one after the other. One process at a time may, until `due`, which is also when the next
    attempt is after a failure.
    """

    name = models.CharField(_("name"), max_length=64, unique=True)
    url = models.TextField("URL")
    enabled = models.BooleanField(_("enabled"), default=True)
    due = models.DateTimeField(default=timezone.now, editable=False)
    failures = models.PositiveIntegerField(_("failures"), default=0, editable=False, help_text=_("In a row."))
    error = models.CharField(_("last failure"), max_length=255, default="", editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("notification channel"), _("notification channels")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """A message that a channel did not get yet."""

    channel = models.ForeignKey(NotificationChannel, models.CASCADE, related_name="messages")
    created = models.DateTimeField()
    title = models.CharField(max_length=255)
    text = models.TextField()
    is_end = models.BooleanField(help_text="Nothing began.")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class Silence(models.Model):
    """A time in which no channel is told of the alerts of one host, or of any."""

    host = models.CharField(_("machine"), max_length=255, blank=True, default="")
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name, verbose_name_plural = _("silence"), _("silences")
        ordering = ("until",)

    def __str__(self) -> str:
        return _("{host} until {time}").format(
            host=self.host or _("all machines"), time=f"{self.until:%Y-%m-%d %H:%M} UTC"
        )
