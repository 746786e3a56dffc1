from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "rtproject.tokens"
