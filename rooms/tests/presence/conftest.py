"""Several processes on a clock that stands still."""

import pytest

from rooms.tests.presence.processes import Site


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """No process yet."""
    return Site(monkeypatch)
