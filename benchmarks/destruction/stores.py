"""The two stores, and what can be done to each."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from rtproject.tests.support.postgres import Postgres

PATIENCE = 60.0  # seconds within which the writers of an SQLite file let us have our turn

Disaster = Callable[[random.Random, float], Awaitable[None]]  # the seconds that something is away


class Store(Protocol):
    """What keeps the messages."""

    @property
    def disasters(self) -> Sequence[tuple[str, Disaster]]:
        """What may happen to it, with the name of the figure that counts it. Each ends with the store in order."""


class PostgresStore:
    """PostgreSQL: restarted, killed and paused."""

    def __init__(self, server: Postgres) -> None:
        self._server = server

    @property
    def disasters(self) -> Sequence[tuple[str, Disaster]]:
        return [
            ("PostgreSQL restarted", self._restart),
            ("PostgreSQL killed", self._kill),
            ("PostgreSQL paused", self._pause),
        ]

    async def _restart(self, _: random.Random, away: float) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.sleep(away)
        await asyncio.to_thread(self._server.start)

    async def _kill(self, _: random.Random, away: float) -> None:
        await asyncio.to_thread(self._server.kill)
        await asyncio.sleep(away / 5)  # it comes back from what it had written, which is what matters here
        await asyncio.to_thread(self._server.start)

    async def _pause(self, _: random.Random, away: float) -> None:
        self._server.pause()
        await asyncio.sleep(away)
        self._server.resume()


class SqliteStore:
    """An SQLite file: nothing can restart it, but another writer can hold it for longer than it has patience."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def disasters(self) -> Sequence[tuple[str, Disaster]]:
        return [("SQLite locked", self._lock)]

    async def _lock(self, _: random.Random, away: float) -> None:
        with closing(
            sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        ) as connection:
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            await asyncio.sleep(away)
            connection.execute("ROLLBACK")
