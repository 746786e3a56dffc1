"""A process that freezes while it holds a room's sequence, on PostgreSQL."""

import asyncio
import sys

import pytest

from rooms.tests.wire import ask, next_frame
from rtproject.tests.support.process import Process
from rtproject.tests.support.site import SET_UP

PATIENCE = 40.0  # seconds: running into it means that what a test waits for never comes

FREEZE = """
import time
from rooms.history import pruning
from rooms.access.loader import query_rooms
from rooms.access.versions import access_version
from rooms.history.store import NewMessage, store_messages
from rooms.history.pruning import prune
from rooms.protocol import Person

def freeze():
    print("frozen", flush=True)
    time.sleep(600)

room = query_rooms(["lobby"])["lobby"]
"""
STORING = """
new_message = NewMessage(room, access_version(room), Person("a" * 24, "Ada", guest=True), "never", ":1")
store_messages([new_message], freeze, again=False)
"""
PRUNING = """
pruning.now = freeze
prune(room.pk)
"""


@pytest.mark.parametrize("work", [STORING, PRUNING], ids=["storing", "pruning"])
async def test_a_frozen_process_does_not_stop_a_room(start_server, database_url, work):
    """The server ends its transaction, and the others store again: with the next number, and without its message."""
    server = start_server(DATABASE_URL=database_url)
    async with server.connect("/ws/lobby") as client:
        await next_frame(client)
        assert (await ask(client, "before"))["seq"] == 1
        frozen = Process("frozen", [sys.executable, "-c", SET_UP + FREEZE + work], server.site.environment)
        try:
            await frozen.wait_for_log("frozen")
            async with asyncio.timeout(PATIENCE):
                while (answer := await ask(client, "after"))["type"] == "error":
                    assert answer["code"] == "unavailable"
            assert (answer["text"], answer["seq"]) == ("after", 2)
            assert frozen.running
        finally:
            frozen.kill()
