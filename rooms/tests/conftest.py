"""What every test of the rooms starts from: nothing counted, nobody in a group, and hashes that cost nothing."""

import pytest
from django.conf import settings as site_settings
from pytest_django import Settings

from rooms import enforcement as doorkeeper
from rooms import guesses, passwords
from rooms.delivery.live_room import Feed
from rooms.presence import tracker as presence
from rooms.tests.listeners import Store, begun_feed
from rooms.tests.support import Looks
from rtproject.websocket.throttling.rates import Rate, SlidingWindow
from rtproject.websocket.throttling.shared import SharedWindow


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Each test is a process of its own as far as the process remembers anything."""
    tally = SharedWindow("tests", site_settings.ROOMS_PASSWORD_ATTEMPTS, [])
    monkeypatch.setattr(guesses, "wrong_passwords", tally)
    monkeypatch.setattr(guesses, "recent_failures", SlidingWindow(Rate(1, 600.0)))
    monkeypatch.setattr(passwords, "_refused_lately", SlidingWindow(Rate(1, 60.0)))
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.0)
    settings.PASSWORD_HASHERS = ["rooms.tests.support.QuickHasher"]
    settings.PULSE_EMBEDDED = False


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Sees what the doorkeeper looks at."""
    seen = Looks()
    monkeypatch.setattr(doorkeeper, "find_rooms", seen.find_rooms)
    return seen


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """What stands in for the store that feeds and replays read from, with four messages."""
    store = Store(4)
    store.stand_in(monkeypatch)
    return store


@pytest.fixture
async def feed(store: Store) -> Feed:
    """A feed that has begun; nobody has asked the store since."""
    feed = await begun_feed()
    store.asked.get_nowait()
    return feed
