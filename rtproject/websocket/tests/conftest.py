"""Channel layers for the tests of the kernel."""

import pytest
from channels.layers import InMemoryChannelLayer

from rtproject.websocket.groups import registry
from rtproject.websocket.tests.layers import Layer


@pytest.fixture
async def memory(monkeypatch):
    """The in-memory layer of Channels."""
    layer = InMemoryChannelLayer()
    monkeypatch.setattr(registry, "get_channel_layer", lambda: layer)
    return layer


@pytest.fixture
async def layer(monkeypatch):
    """A layer that fails or waits on demand."""
    layer = Layer()
    monkeypatch.setattr(registry, "get_channel_layer", lambda: layer)
    return layer
