"""Commands to a real Valkey, many at a time."""

import asyncio

from rtproject.websocket import redis_client
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_client import RedisClient


async def test_many_commands_are_sent_in_portions_and_fail_together(valkey, monkeypatch):
    """In their order; those that wait for a portion that fails do not try by themselves."""
    monkeypatch.setattr(redis_client, "MAX_TOGETHER", 3)
    client = RedisClient(valkey.url, "counting")

    async def count() -> list[object]:
        return await asyncio.gather(*(client.ask("INCR", "n") for _ in range(10)), return_exceptions=True)

    assert await count() == list(range(1, 11))
    attempts = []
    send = client._send

    async def counted(commands):
        attempts.append(len(commands))
        return await send(commands)

    monkeypatch.setattr(client, "_send", counted)
    await asyncio.to_thread(valkey.stop)
    assert all(isinstance(answer, LayerUnavailable) for answer in await count())
    assert attempts == [3]
    await client.close()
