"""The initial state of every test of rooms: no counts, no grace period, cheap hashes."""

import pytest
from django.conf import settings as site_settings
from pytest_django import Settings

from rooms import admin, enforcement, identity, listing
from rooms.access import attempts, loader, passwords
from rooms.presence import state, tracker
from rooms.tests.support import Looks
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.throttling.shared import SharedWindow


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Each test is a process of its own as far as the process remembers anything."""
    window = SharedWindow("tests", site_settings.ROOMS_PASSWORD_ATTEMPTS, [], "tests")
    monkeypatch.setattr(attempts, "wrong_passwords", window)
    monkeypatch.setattr(attempts, "recently_failed", SlidingWindow(Rate(3, 600.0)))
    monkeypatch.setattr(passwords, "_recently_refused", SlidingWindow(Rate(1, 60.0)))
    for module in (admin, identity, loader, listing):
        monkeypatch.setattr(module, "identity_key", lambda: "of the tests")
    monkeypatch.setattr(state, "_by_address", SlidingWindow(Rate(10, 600.0)))
    monkeypatch.setattr(tracker, "GRACE_SECONDS", 0.0)
    settings.PASSWORD_HASHERS = ["rooms.tests.support.QuickHasher"]
    settings.PULSE_EMBEDDED = False


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """The reads of rooms by the enforcement."""
    seen = Looks()
    monkeypatch.setattr(enforcement, "load_rooms", seen.load_rooms)
    return seen
