"""Two servers, and what becomes of what is said when the Valkey between them was restarted."""

import asyncio
import json

import pytest

from rtproject.tests.support.frames import next_frame
from rtproject.tests.support.servers import Daphne, Uvicorn


async def say_until_heard(speaker, subscriber, word):
    """Says `word` again and again until the subscriber hears it: each process finds its way back in its own time."""
    heard = asyncio.create_task(listen_for(subscriber, word))
    while not heard.done():
        await speaker.send(word)
        await asyncio.wait({heard}, timeout=0.2)
    await heard


async def listen_for(subscriber, word):
    """Returns when `word` is heard; nothing but that is said."""
    while True:
        frame = json.loads(await next_frame(subscriber))
        if frame.get("text") == word:
            return


@pytest.mark.parametrize("kind", [Daphne, Uvicorn])
async def test_after_a_restart_members_hear_each_other_again(start_server, new_site, valkey, kind):
    """Without a reconnect, both ways, as often as it happens; each outage is one line of log, without a traceback."""
    site = new_site(REDIS_URL=valkey.url, ROOMS_MESSAGE_RATE=0)
    first, second = start_server(kind, site=site), start_server(kind, site=site)
    async with first.connect("/ws/room") as ada, second.connect("/ws/room") as bob:
        for client in (ada, bob):
            await next_frame(client)
        await say_until_heard(ada, bob, "before")
        for outage in range(2):
            await asyncio.to_thread(valkey.restart)
            await say_until_heard(ada, bob, f"to bob {outage}")
            await say_until_heard(bob, ada, f"to ada {outage}")
    for server in (first, second):
        assert "Traceback" not in server.log
        lost = [line for line in server.log.splitlines() if "channels_redis" in line]
        assert len(lost) <= 2, lost
