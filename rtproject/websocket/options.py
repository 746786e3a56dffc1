"""The options of the kernel: the setting WEBSOCKET, a dictionary."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DEFAULTS: dict[str, Any] = {
    "CONNECTIONS_PER_ADDRESS": 200,  # open at a time; 0 is no limit
    "TRUSTED_PROXIES": 0,  # how many proxies of ours stand in front
    "SUBPROTOCOL": None,  # the one to select whenever it is offered
}


def option(name: str) -> Any:
    given = getattr(settings, "WEBSOCKET", {})
    if unknown := given.keys() - DEFAULTS.keys():
        raise ImproperlyConfigured(f"WEBSOCKET has an unknown option: {min(unknown)}.")
    return given.get(name, DEFAULTS[name])
