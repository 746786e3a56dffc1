"""A Redis client with short timeouts, for small commands that a handshake waits for."""

import asyncio
import time
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable
from rtproject.websocket.redis_urls import redis_host
from rtproject.websocket.utils.failure_log import FailureLog
from rtproject.websocket.utils.log_text import cause

COMMAND_TIMEOUT = 0.25  # seconds for those that are sent together
MAX_TOGETHER = 100  # commands; more would keep the loop from everything else, and answers from being in time
CONNECTION_SECONDS = 3.0  # until a new connection: the address may lead to another server by now
PAUSE_SECONDS = 2.0  # without commands after a failure, so that not every caller waits for a lost Redis


class RedisClient:
    """One connection to the Redis at `url`, which sends waiting commands together.

    It is made anew every few seconds and after each failure, since a former primary goes on answering old
    connections.

    `work` is what a log line says that fails while Redis is out of reach, after `timeout` seconds without an
    answer. After a network failure all clients reconnect at once: a connection and a round trip for each
    would cost more than the rest of the handshake.
    """

    def __init__(self, url: str, work: str, timeout: float = COMMAND_TIMEOUT) -> None:
        # Imported here, so that a site without Redis saves the memory.
        from channels_redis.utils import create_pool
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._timeout = timeout
        options = {"retry": Retry(NoBackoff(), 0), "socket_connect_timeout": timeout}
        self._redis = Redis.from_pool(create_pool(redis_host(url) | options))
        self._commands: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._running: asyncio.Task[None] | None = None
        self._paused_until = 0.0
        self._connected_until = 0.0
        self._failures = FailureLog(work)

    async def ask(self, *command: Any) -> Any:
        """Return the answer to one command. Raises LayerUnavailable."""
        if time.monotonic() < self._paused_until:
            raise LayerUnavailable("Redis was out of reach a moment ago")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._commands.append((command, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run_all(), name="redis client")
        return await answer

    async def close(self) -> None:
        await self._redis.aclose()

    async def _run_all(self) -> None:
        while self._commands:
            questions, self._commands = self._commands[:MAX_TOGETHER], self._commands[MAX_TOGETHER:]
            try:
                async with asyncio.timeout(self._timeout):
                    answers = await self._send([command for command, _ in questions])
            except Exception as error:  # of redis, asyncio or the system: it is out of reach
                self._paused_until = time.monotonic() + PAUSE_SECONDS
                self._connected_until = 0.0
                self._failures.failed(cause(error))
                questions, self._commands = questions + self._commands, []
                answers = [error] * len(questions)
            else:
                self._failures.recovered()
            for (_, waiting), answer in zip(questions, answers, strict=True):
                _answer(waiting, answer)

    async def _send(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        if time.monotonic() >= self._connected_until:
            await self._redis.connection_pool.disconnect()
            self._connected_until = time.monotonic() + CONNECTION_SECONDS
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception):  # it answers and refuses: a replica, say, or its memory is full
                raise answer
        return answers


def _answer(waiting: asyncio.Future[Any], answer: Any) -> None:
    if waiting.done():  # the caller is gone
        return
    if isinstance(answer, Exception):
        unavailable = LayerUnavailable("Redis is out of reach")
        unavailable.__cause__ = answer
        waiting.set_exception(unavailable)
    else:
        waiting.set_result(answer)
