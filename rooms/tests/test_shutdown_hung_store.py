"""The end of a process whose store does not answer."""

import asyncio
import json
import signal

import pytest

from rooms.tests.wire import ending, next_frame
from rtproject.tests.support.servers import Daphne, Uvicorn


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    # uvicorn closes the connections itself, and ends by the very signal that it was sent.
    [(Daphne, 4200, 0), (Uvicorn, 1012, -signal.SIGTERM)],
)
async def test_a_store_that_hangs_does_not_keep_the_process(
    start_server, postgres, database_url, kind, code, status
):
    """Threads that wait for PostgreSQL would be waited for in turn: everybody is told, and the process ends."""
    server = start_server(kind, DATABASE_URL=database_url)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        postgres.pause()
        try:
            await client.send(json.dumps({"type": "say", "text": "hi"}))
            await asyncio.sleep(0)
            stopping = asyncio.create_task(server.stop())
            assert await ending(client) == ([], code)
            assert await stopping == status
        finally:
            postgres.resume()
