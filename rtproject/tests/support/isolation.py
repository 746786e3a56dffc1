"""Keeps the developer's own settings out of the tests."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

SECRET_KEY = "a key that only the tests know, long enough not to be guessed"

# Every name that `rtproject.settings` reads. It is spelled out since it is needed before the settings are imported.
SETTINGS = frozenset(
    {
        "ALLOWED_HOSTS",
        "API_RATE",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "DEBUG",
        "HTTPS",
        "MAX_BODY",
        "PULSE_EMBEDDED",
        "PULSE_HOST",
        "PULSE_INTERVAL",
        "PULSE_PUBLIC",
        "REDIS_PREFIX",
        "REDIS_URL",
        "ROOMS_ALLOW_UNLISTED",
        "ROOMS_MAX_TEXT",
        "ROOMS_MESSAGE_RATE",
        "ROOMS_ADDRESS_RATE",
        "ROOMS_ADDRESS_PLACES",
        "ROOMS_PASSWORD_ATTEMPTS",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "TRUSTED_PROXIES",
        "WEBSOCKETS_PER_ADDRESS",
    }
)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """A copy of `environment` in which no setting of the site is given."""
    return {name: value for name, value in environment.items() if name not in SETTINGS}
