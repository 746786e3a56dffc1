"""What tests of the kernel are handed: a channel layer and a client, each of the test's own."""

import sys

import pytest
from channels.layers import InMemoryChannelLayer

from rtproject.websocket import lifecycle as drain
from rtproject.websocket.groups import registry as fanout
from rtproject.websocket.tests.layers import Layer
from rtproject.websocket.tests.reactor import Reactor
from rtproject.websocket.tests.slow_client import Client


@pytest.fixture
async def memory(monkeypatch):
    """The in-memory layer of Channels."""
    layer = InMemoryChannelLayer()
    monkeypatch.setattr(fanout, "get_channel_layer", lambda: layer)
    return layer


@pytest.fixture
async def layer(monkeypatch):
    """A layer that fails or waits when it is told to."""
    layer = Layer()
    monkeypatch.setattr(fanout, "get_channel_layer", lambda: layer)
    return layer


@pytest.fixture(params=[True, False], ids=["wire", "ASGI"])
async def client(request):
    """A client that reads until the test clears `reading`."""
    return Client(wired=request.param)


@pytest.fixture
async def reactor(monkeypatch):
    """A reactor that runs in the test's loop, as it does in Daphne."""
    reactor = Reactor()
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", reactor)
    monkeypatch.setattr(drain, "_exit_at_last", lambda: None)  # it would end the tests
    return reactor
