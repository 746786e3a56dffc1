from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "rtproject"

    def ready(self) -> None:
        from rtproject import checks  # noqa: F401 (registers them)
