"""The end of a process whose store does not answer."""

import asyncio
import json

from rooms.tests.wire import ending, next_frame


async def test_a_store_that_hangs_does_not_keep_the_process(start_server, postgres, database_url):
    """Threads that wait for PostgreSQL would be waited for in turn: everybody is told, and the process ends."""
    server = start_server(DATABASE_URL=database_url)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        postgres.pause()
        try:
            await client.send(json.dumps({"type": "say", "text": "hi"}))
            await asyncio.sleep(0)
            stopping = asyncio.create_task(server.stop())
            assert await ending(client) == ([], 4200)
            assert await stopping == 0
        finally:
            postgres.resume()
