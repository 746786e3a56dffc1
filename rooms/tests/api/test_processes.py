"""`rooms.api` in processes of their own, beside a real server."""

import asyncio
import sys

import pytest

from rooms.tests.wire import next_frame, two_servers
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import SET_UP

WRITERS, MESSAGES = 10, 5
POST = """
import sys
from rooms import api
name = sys.argv[1]
for number in range({messages}):
    for attempt in range(2):  # the second time as if no answer had come
        while True:
            try:
                seq = api.post_message("lobby", f"{{name}}: {{number}}", sender=f"Bot {{name}}", id=str(number))
                break
            except api.Unavailable:
                pass
    print(seq, flush=True)
print("done", flush=True)
"""
REST = """
from rooms import api
for call in (lambda: api.send_event("lobby", "n", 1), lambda: api.members("lobby"), lambda: api.disconnect("lobby"),
             lambda: api.post_message("unlisted", "hi")):
    try:
        call()
    except api.Unavailable as error:
        print("REDIS_URL" in str(error))
"""
WITH_A_LAYER = """
from rooms import api
api.send_event("lobby", "n", 1)
print([person.name for person in api.members("lobby")], api.post_message("unlisted", "hi"))
"""


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
async def test_ten_processes_post_at_once(start_server, request, database):
    """Everybody inside gets each message once and in order, without a layer."""
    settings = {"DATABASE_URL": request.getfixturevalue("database_url")} if database == "postgres" else {}
    server = start_server(**settings)
    code = SET_UP + POST.format(messages=MESSAGES)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        writers = [
            Process(f"writer {name}", [sys.executable, "-c", code, str(name)], server.site.environment)
            for name in range(WRITERS)
        ]
        try:
            frames = [await next_frame(client) for _ in range(WRITERS * MESSAGES)]
            for writer in writers:
                await writer.wait_for_log("done")
        finally:
            for writer in writers:
                writer.kill()
    assert [frame["seq"] for frame in frames] == list(range(1, WRITERS * MESSAGES + 1))
    said = {(frame["from"]["name"], frame["text"]): frame["seq"] for frame in frames}
    for name, writer in enumerate(writers):
        own = [said[f"Bot {name}", f"{name}: {number}"] for number in range(MESSAGES)]
        assert [int(line) for line in writer.log.split() if line.isdigit()] == own == sorted(own)


async def test_without_a_layer_only_what_is_stored_is_done(start_server):
    """A person at a shell is told in one sentence."""
    server = start_server()
    assert await asyncio.to_thread(server.execute, REST) == "True\n" * 4
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        assert (
            await asyncio.to_thread(server.manage, "say", "lobby", "hello", "there") == "said as number 1\n"
        )
        async with asyncio.timeout(10):
            assert (await next_frame(client))["text"] == "hello there"
        with pytest.raises(AssertionError, match=r"say.*ended with 1:\n.*There is no room 'no room'"):
            await asyncio.to_thread(server.manage, "say", "no room", "hello")


async def test_a_layer_brings_all_of_it_to_every_process(new_site):
    with two_servers(new_site, "") as servers:
        async with servers[0].connect("/ws/lobby?name=Ada") as ada, servers[1].connect("/ws/unlisted") as bob:
            await next_frame(ada)
            await next_frame(bob)
            assert await asyncio.to_thread(servers[0].execute, WITH_A_LAYER) == "['Ada'] None\n"
            assert await next_frame(ada) == {"type": "event", "event": "n", "data": 1}
            assert (await next_frame(bob))["text"] == "hi"
