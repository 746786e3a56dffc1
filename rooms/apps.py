from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoomsConfig(AppConfig):
    name = "rooms"
    verbose_name = _("Rooms")

    def ready(self) -> None:
        from django.conf import settings

        from rooms import receivers as changes  # noqa: F401 (connects its signal receivers)
        from rooms.access.rules import load_rules

        if settings.ROOMS_ACCESS:
            load_rules(settings.ROOMS_ACCESS)  # a wrong one stops the start
