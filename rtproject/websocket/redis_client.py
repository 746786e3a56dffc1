"""Small questions to Redis that a handshake waits for: answered soon, or not at all."""

import asyncio
import logging
import time
from typing import Any

from rtproject.websocket.exceptions import LayerUnavailable

logger = logging.getLogger(__name__)

ASK_SECONDS = 0.25  # who comes while others are being answered waits twice as long at most
REST_SECONDS = 2.0  # that nothing is asked after a failure: not everybody shall wait for a Redis that is gone


class RedisClient:
    """One connection to the Redis at `url`. What is asked while an answer is under way is asked next, all together.

    When a network comes back everybody is asked about at once: a connection and a round trip for each would cost more
    than the rest of the handshake.
    """

    def __init__(self, url: str) -> None:
        # Here, since it takes memory that a site without Redis need not spend.
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=ASK_SECONDS)
        self._questions: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        self._is_out = False  # of reach, and logged

    async def ask(self, *command: Any) -> Any:
        """Redis's answer to one command. Raises LayerUnavailable, 2 * ASK_SECONDS later at most."""
        if time.monotonic() < self._rests_until:
            raise LayerUnavailable("Redis was out of reach a moment ago")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._questions.append((command, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all(), name="redis line")
        return await answer

    async def close(self) -> None:
        """Gives the connection up."""
        await self._redis.aclose()

    async def _ask_all(self) -> None:
        while self._questions:
            questions, self._questions = self._questions, []
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    answers = await self._send([command for command, _ in questions])
            except Exception as error:  # redis has its own, asyncio and the system theirs: it is out of reach
                self._rest(error)
                answers = [error] * len(questions)
            else:
                self._is_out = False
            for (_, waiting), answer in zip(questions, answers, strict=True):
                _answer(waiting, answer)

    async def _send(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(
                answer, Exception
            ):  # it answers, and obeys nobody: a replica, say, or its memory is full
                raise answer
        return answers

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + REST_SECONDS
        if not self._is_out:
            self._is_out = True
            logger.warning("Redis is out of reach, so each process counts for itself: %r", error)


def _answer(waiting: asyncio.Future[Any], answer: Any) -> None:
    if waiting.done():  # who asked has gone
        return
    if isinstance(answer, Exception):
        waiting.set_exception(LayerUnavailable("Redis is out of reach"))
    else:
        waiting.set_result(answer)
