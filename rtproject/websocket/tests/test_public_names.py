"""What other code imports."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

import rtproject.websocket
from rtproject.websocket.options import option

NAMES = (
    *("WebsocketConsumer", "JsonWebsocketConsumer", "websocket_application", "broadcast", "CloseCode"),
    *("ConnectionDenied", "ClientError", "LayerUnavailable", "Rate", "run_in_background"),
)


def test_these_are_the_public_names():
    """Any other is an AttributeError."""
    assert set(rtproject.websocket.__all__) == set(NAMES)
    assert all(getattr(rtproject.websocket, name).__name__ == name for name in NAMES)
    with pytest.raises(AttributeError, match="no attribute 'Room'"):
        rtproject.websocket.Room  # noqa: B018


@pytest.mark.parametrize("name", [name for name in NAMES if name != "websocket_application"])
def test_a_name_is_there_before_django_is(name):
    """Settings and modules of apps import it; only the application needs the models."""
    subprocess.run([sys.executable, "-c", f"from rtproject.websocket import {name}"], check=True)


def test_options_have_defaults(settings):
    """A site that sets none works, and one that is unknown stops it."""
    del settings.WEBSOCKET
    assert option("CONNECTIONS_PER_ADDRESS") == 200
    settings.WEBSOCKET = {"TRUSTED_PROXIES": 1}
    assert (option("CONNECTIONS_PER_ADDRESS"), option("TRUSTED_PROXIES")) == (200, 1)
    settings.WEBSOCKET = {"PROXIES": 1}
    with pytest.raises(ImproperlyConfigured, match="PROXIES"):
        option("TRUSTED_PROXIES")
