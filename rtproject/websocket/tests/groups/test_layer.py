"""Calls to the channel layer."""

from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from rtproject.websocket.groups import layer as module
from rtproject.websocket.punctual import PunctualRedisLayer


async def test_only_the_connections_of_this_process_are_made_anew(monkeypatch):
    """A pub/sub layer is flushed, which is its own affair; no other layer is, whose flush may empty a database."""
    flushed = []

    async def flush(self) -> None:
        flushed.append(type(self).__name__)

    monkeypatch.setattr(InMemoryChannelLayer, "flush", flush)
    hosts = ["redis://127.0.0.1:1"]
    monkeypatch.setattr(RedisPubSubChannelLayer, "flush", flush, raising=False)
    for layer in (
        InMemoryChannelLayer(),
        RedisPubSubChannelLayer(hosts=hosts),
        PunctualRedisLayer(hosts=hosts),
    ):
        channel_layers.set("default", layer)
        await module.renew_layer()
    assert flushed == ["RedisPubSubChannelLayer", "PunctualRedisLayer"]
