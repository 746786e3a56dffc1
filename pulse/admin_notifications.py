"""The admin pages of notification channels."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pulse.alerting.sending import is_address, masked, send
from pulse.models import NotificationChannel


class ChannelForm(forms.ModelForm):
    """A channel, whose address is never shown again once it is stored."""

    url = forms.CharField(
        label="URL",
        required=False,
        max_length=4096,
        widget=forms.TextInput(attrs={"size": 80, "autocomplete": "off"}),
        help_text=_(
            "As in https://appriseit.com/services/, such as mailtos://user:password@example.com?to=me@example.com"
        ),
    )

    class Meta:
        model = NotificationChannel
        fields = ("name", "url", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["url"] = ""
        if self.instance.pk:
            self.fields["url"].help_text = _("Empty keeps {address}, which is stored.").format(
                address=masked(self.instance.url)
            )

    def clean_url(self) -> str:
        """Return the address, or the one that is stored. Raise ValidationError if there is none."""
        url: str = self.cleaned_data["url"].strip()
        url = url or self.instance.url
        if not is_address(url):
            raise forms.ValidationError(_("This is no address that Apprise knows."))
        return url


class NotificationChannelAdmin(admin.ModelAdmin):
    """The addresses that are told of alerts."""

    form = ChannelForm
    list_display = ("name", "address", "enabled", "failures", "error")

    @admin.display(description="URL")
    def address(self, channel: NotificationChannel) -> str:
        """The address without its secrets."""
        return masked(channel.url)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """As for changing: Django shows those who may only view each field as it is stored."""
        return self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: NotificationChannel, form: Any, change: bool) -> None:
        """Store the channel, try at once to send what waits, and send a test if asked for."""
        obj.due, obj.failures, obj.error = timezone.now(), 0, ""
        super().save_model(request, obj, form, change)
        if "_test" in request.POST:
            transaction.on_commit(partial(self._test, request, obj))  # SQLite has one writer at a time

    def _test(self, request: HttpRequest, channel: NotificationChannel) -> None:
        reason = send(channel.url, "A test", "Alerts will come here.", is_end=True)
        failed = _("The test was not sent: {reason}").format(reason=reason)
        text = failed if reason else _("The test was sent.")
        self.message_user(request, text, messages.ERROR if reason else messages.SUCCESS)
