from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "rtproject"

    def ready(self) -> None:
        from django.core.signals import request_finished
        from django.db.backends.signals import connection_created

        from rtproject import checks  # noqa: F401 (registers them)
        from rtproject.utils.db import release_connections, wait_for_turns

        connection_created.connect(wait_for_turns)
        request_finished.connect(release_connections)
