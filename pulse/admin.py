"""The admin pages of thresholds, alerts and hosts. Those of notifications: `admin_notifications.py`."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from pulse.admin_notifications import NotificationChannelAdmin
from pulse.alert_rules import with_unit
from pulse.alerting import engine
from pulse.models import AlertEvent, Host, NotificationChannel, Silence, Threshold
from rtproject.tokens.models import Token

UNIT: Path = settings.BASE_DIR / "deploy" / "rtproject-agent.service"


class ForHostsAdmin(admin.ModelAdmin):
    """Rows for one host, which is chosen from those that are known, or for all."""

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field of the form."""
        if db_field.name != "host":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        known = {*Host.objects.values_list("name", flat=True)}
        known |= {*self.model._default_manager.exclude(host="").values_list("host", flat=True)}
        return forms.ChoiceField(
            choices=[("", _("all machines")), *((name, name) for name in sorted(known))],
            required=False,
            label=db_field.verbose_name.capitalize(),
            help_text=db_field.help_text,
        )


@admin.register(Threshold)
class ThresholdAdmin(ForHostsAdmin):
    """A threshold for each metric, of all hosts or of one. A metric whose threshold is deleted has no alerts."""

    list_display = ("metric", "host", "threshold", "margin", "hold")


admin.site.register(NotificationChannel, NotificationChannelAdmin)


@admin.register(Silence)
class SilenceAdmin(ForHostsAdmin):
    """Times in which no channel is told of alerts."""

    list_display = ("__str__", "host", "until")


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the pulses write, and an admin may delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Always False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Always False."""
        return False


@admin.register(AlertEvent)
class AlertEventAdmin(ReadOnlyAdmin):
    """The alerts of the last months, newest first."""

    list_display = ("host", "metric", "state", "highest", "limit", "since", "fired", "until")
    fields = list_display
    list_filter = ("state", "metric")
    search_fields = ("host",)
    ordering = ("-since",)
    date_hierarchy = "since"

    @admin.display(description=_("value"), ordering="value")
    def highest(self, event: AlertEvent) -> str:
        """The highest figure since the alert began, with its unit."""
        return with_unit(event.metric, event.value)

    @admin.display(description=_("threshold"), ordering="threshold")
    def limit(self, event: AlertEvent) -> str:
        """The threshold, with its unit."""
        return with_unit(event.metric, event.threshold)


class MachineForm(forms.ModelForm):
    """The name of a machine, which its token has, too."""

    class Meta:
        model = Token
        fields = ("name",)
        help_texts = {"name": _("The name of the machine on the dashboard.")}


@admin.register(Host)
class HostAdmin(ReadOnlyAdmin):
    """The machines that sent a pulse in the last day. Adding one makes a token for its agent."""

    list_display = ("name", "at", "interval", "missed", "agent", "stopped")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may make tokens."""
        return request.user.has_perm("tokens.add_token")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the name, and show the commands that install the agent, this once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, token = MachineForm(request.POST or None), None
        if form.is_valid():
            form.instance.scopes = f"pulse:{form.instance.name}"
            token = form.save()
        site = request.build_absolute_uri("/").rstrip("/")
        unit = UNIT.read_text().partition("\n\n")[2].replace("https://pulse.example.com", site)
        context = {"title": _("Add machine"), "form": form, "token": token, "site": site, "unit": unit}
        context |= self.admin_site.each_context(request)
        return TemplateResponse(request, "admin/pulse/host/add_form.html", context)

    def delete_model(self, request: HttpRequest, obj: Host) -> None:
        """See engine.delete_host."""
        engine.delete_host(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        """See engine.delete_host."""
        for host in queryset:
            engine.delete_host(host)
