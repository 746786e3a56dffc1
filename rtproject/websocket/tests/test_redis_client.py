"""Commands to a real Valkey: many at a time, and to one that fails over."""

import asyncio

import pytest

from rtproject.tests.support.proxy import proxy_to
from rtproject.tests.support.valkey import Valkey
from rtproject.websocket import redis_client as module
from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_client import RedisClient
from rtproject.websocket.tests.helpers import TIMEOUT


@pytest.fixture
def successor():
    """The server that the address leads to later."""
    server = Valkey()
    yield server
    server.kill()


@pytest.mark.parametrize("former_server", ["goes on", "is a replica", "hangs"])
async def test_it_changes_to_the_server_that_its_address_leads_to(
    valkey, successor, monkeypatch, former_server
):
    """Its connection to the former one stays open."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(module, "CONNECTION_SECONDS", 0.2 if former_server == "goes on" else TIMEOUT)
    async with proxy_to(valkey.port) as address, asyncio.timeout(TIMEOUT):
        client = RedisClient(f"redis://127.0.0.1:{address.port}/0", "asking")
        port = ("EVAL", "redis.call('SET', 'x', 1) return redis.call('GET', 'port')", 0)
        for server in (valkey, successor):
            await _ask_directly(server, "SET", "port", server.port)
        assert int(await client.ask(*port)) == valkey.port
        address.target = successor.port
        if former_server == "is a replica":
            await _ask_directly(valkey, "REPLICAOF", "127.0.0.1", successor.port)
        if former_server == "hangs":
            address.freeze()
        while True:
            try:
                if int(await client.ask(*port)) == successor.port:
                    break
            except LayerUnavailable:
                pass
            await asyncio.sleep(0)
        await client.close()


async def _ask_directly(server, *command):
    client = RedisClient(server.url, "asking")
    await client.ask(*command)
    await client.close()


async def test_many_commands_are_sent_in_portions_and_fail_together(valkey, monkeypatch):
    """In their order; those that wait for a portion that fails do not try by themselves."""
    monkeypatch.setattr(module, "MAX_TOGETHER", 3)
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
    await client.close()
