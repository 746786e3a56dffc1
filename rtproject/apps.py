from django.apps import AppConfig, apps


class SiteConfig(AppConfig):
    name = "rtproject"

    def ready(self) -> None:
        from django.core.signals import request_finished
        from django.db.backends.signals import connection_created
        from django.db.models.signals import pre_migrate

        from rtproject import checks
        from rtproject.utils.db import release_connections, wait_for_turns

        pre_migrate.connect(checks.refuse_unreleased_data, sender=apps.get_app_config("rooms"))
        connection_created.connect(wait_for_turns)
        request_finished.connect(release_connections)
