from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "rooms"

    def ready(self) -> None:
        from rooms import receivers as changes  # noqa: F401 (connects its signal receivers)
