"""`manage.py doctor`: what works of everything that the settings name, a line each."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rtproject.utils.db import try_write
from rtproject.websocket.redis_urls import redis_host
from rtproject.websocket.utils.log_text import cause

TIMEOUT = 3.0  # seconds for each answer


class Command(BaseCommand):
    help = "Connects to everything that the settings name, and says what works and what does not."

    def handle(self, *args: Any, **options: Any) -> None:
        sound = True
        for name, check in _checks():
            try:
                self.stdout.write(f"ok     {name}: {check()}")
            except Exception as error:  # each library has its own, and the next check may still work
                self.stdout.write(f"FAILS  {name}: {cause(error)}")
                sound = False
        if not sound:
            sys.exit(1)


def _checks() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "the database (DATABASE_URL)", _database
    for number, url in enumerate(settings.REDIS_URLS, 1):
        of_many = f", number {number}" * (len(settings.REDIS_URLS) > 1)
        yield f"Redis (REDIS_URL{of_many})", partial(async_to_sync(_redis), url)
    yield "the channel layer", async_to_sync(_layer)


def _database() -> str:
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError(f"{len(missing)} migrations are missing: run manage.py migrate")
    try_write()
    return f"{connection.display_name} takes writes, and has every migration"


async def _redis(url: str) -> str:
    """Write and read a key, which a replica or a user without the rights refuses."""
    from channels_redis.utils import create_pool  # a site without Redis saves the memory
    from redis.asyncio import Redis

    pool = create_pool(redis_host(url) | {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT})
    async with Redis.from_pool(pool) as redis:
        key = f"{settings.REDIS_PREFIX}:doctor"
        await redis.eval("redis.call('SET', KEYS[1], 1, 'PX', 1000)", 1, key)
    return f"takes writes; its keys and channels begin with {settings.REDIS_PREFIX}:"


async def _layer() -> str:
    """Send an event to a group, and receive it."""
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    async with asyncio.timeout(TIMEOUT):
        await layer.group_add("doctor", channel)
        await layer.group_send("doctor", {"type": "doctor"})
        await layer.receive(channel)
    return f"{type(layer).__name__} delivers events"
