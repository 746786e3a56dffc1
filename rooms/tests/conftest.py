"""What every test of the rooms starts from: nothing counted, nobody in a group, and hashes that cost nothing."""

import pytest
from django.conf import settings as site_settings
from pytest_django import Settings

from rooms import enforcement as enforcement
from rooms.access import attempts, passwords
from rooms.delivery.live_room import LiveRoom
from rooms.presence import tracker as presence
from rooms.tests.listeners import Store, begun_live_room
from rooms.tests.support import Looks
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.throttling.shared import SharedWindow


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Each test is a process of its own as far as the process remembers anything."""
    tally = SharedWindow("tests", site_settings.ROOMS_PASSWORD_ATTEMPTS, [])
    monkeypatch.setattr(attempts, "wrong_passwords", tally)
    monkeypatch.setattr(attempts, "recently_failed", SlidingWindow(Rate(3, 600.0)))
    monkeypatch.setattr(passwords, "_recently_refused", SlidingWindow(Rate(1, 60.0)))
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.0)
    settings.PASSWORD_HASHERS = ["rooms.tests.support.QuickHasher"]
    settings.PULSE_EMBEDDED = False


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Sees what the enforcement looks at."""
    seen = Looks()
    monkeypatch.setattr(enforcement, "load_rooms", seen.load_rooms)
    return seen


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """What stands in for the store that live_rooms and replays read from, with four messages."""
    store = Store(4)
    store.stand_in(monkeypatch)
    return store


@pytest.fixture
async def live_room(store: Store) -> LiveRoom:
    """A live_room that has begun; nobody has asked the store since."""
    live_room = await begun_live_room()
    store.asked.get_nowait()
    return live_room
