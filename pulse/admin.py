"""Thresholds to set, alerts to look back at, and hosts to forget."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from pulse.alert_rules import STALE
from pulse.alerting import engine as engine
from pulse.models import AlertEvent, Host, Threshold


@admin.register(Threshold)
class ThresholdAdmin(admin.ModelAdmin):
    """One threshold for each metric. A metric whose threshold is deleted fires no alert."""

    list_display = ("metric", "threshold", "margin", "hold")


class ReadOnlyAdmin(admin.ModelAdmin):
    """What only the pulses themselves write, and an admin may delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is nothing to add by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nor to change."""
        return False


@admin.register(AlertEvent)
class AlertEventAdmin(ReadOnlyAdmin):
    """The alerts of the last months, the newest first."""

    list_display = ("host", "metric", "state", "highest", "limit", "since", "fired", "until")
    fields = list_display
    list_filter = ("state", "metric")
    search_fields = ("host",)
    ordering = ("-since",)
    date_hierarchy = "since"

    @admin.display(description="value", ordering="value")
    def highest(self, event: AlertEvent) -> str:
        """The highest figure since it began, with its unit."""
        return _with_unit(event.metric, event.value)

    @admin.display(description="threshold", ordering="threshold")
    def limit(self, event: AlertEvent) -> str:
        """What it had to reach, with its unit."""
        return _with_unit(event.metric, event.threshold)


def _with_unit(metric: str, figure: float) -> str:
    if metric == STALE:
        return f"{figure:.0f} s"
    return f"{figure:.2f} per core" if metric == "load" else f"{figure:.1f} %"


@admin.register(Host)
class HostAdmin(ReadOnlyAdmin):
    """The machines that sent a pulse in the last day. To delete one is to forget all that it said."""

    list_display = ("name", "at", "interval", "missed")
    search_fields = ("name",)

    def delete_model(self, request: HttpRequest, obj: Host) -> None:
        """Its samples go too, and its alerts end. It is there again with its next pulse."""
        self.delete_queryset(request, Host.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Host]) -> None:
        """The same for each."""
        for host in queryset:
            engine.forget(host)
