"""A live room over a store that does what a test says."""

import pytest

from rooms.delivery.live_room import LiveRoom
from rooms.tests.delivery.support import Store, begun


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that live rooms and replays read, with four messages."""
    store = Store(4)
    store.stand_in(monkeypatch)
    return store


@pytest.fixture
async def live_room(store: Store) -> LiveRoom:
    """A live room that has begun; the store was asked nothing since."""
    live_room = await begun()
    store.taken()
    return live_room
