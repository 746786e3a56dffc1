"""What every test of the rooms starts from: nothing counted, nobody in a group, and hashes that cost nothing."""

import pytest
from channels.layers import channel_layers
from django.conf import settings as site_settings
from pytest_django import Settings

from rooms import doorkeeper, passwords
from rooms.tests.support import Looks
from rtproject.websocket.rates import Tally


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Each test is a process of its own as far as the process remembers anything."""
    monkeypatch.setattr(passwords, "wrong_passwords", Tally(site_settings.ROOMS_PASSWORD_ATTEMPTS))
    monkeypatch.setattr(channel_layers, "backends", {})
    settings.PASSWORD_HASHERS = ["rooms.tests.support.QuickHasher"]
    settings.PULSE_EMBEDDED = False


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Sees what the doorkeeper looks at."""
    seen = Looks()
    monkeypatch.setattr(doorkeeper, "find_rooms", seen.find_rooms)
    return seen
