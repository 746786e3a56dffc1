from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "rtproject"

    def ready(self) -> None:
        from django.core.signals import request_finished

        from rtproject import checks  # noqa: F401 (registers them)
        from rtproject.websocket.database import release_connections

        request_finished.connect(release_connections)
