"""How many are in the rooms, as two processes tell it that a real Valkey connects."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from rooms.tests.wire import next_frame
from rtproject.tests.support.fixtures import NewSite, StartServer
from rtproject.tests.support.servers import Daphne, Server
from rtproject.tests.support.valkey import Valkey

PATIENCE = 30.0  # seconds: running into it means that what a test waits for never comes
NOT_AT_ONCE = 0.2  # seconds between two questions


async def told(server: Server) -> Any:
    """What the list of rooms is told by `server`."""
    address = server.http_url("/rooms/.live")
    return json.loads(await asyncio.to_thread(lambda: urllib.request.urlopen(address).read()))


async def until(server: Server, holds: Callable[[Any], bool]) -> Any:
    """Asks until what is told is as it should be: what is told may be some seconds old."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if holds(list_ := await told(server)):
                return list_
            await asyncio.sleep(NOT_AT_ONCE)


def members(list_: Any) -> dict[str, int | None]:
    return {room["name"]: room["members"] for room in list_["rooms"]}


async def test_each_process_tells_how_many_are_in_all_of_them(
    start_server: StartServer, new_site: NewSite, valkey: Valkey
) -> None:
    """Somebody who is in both is one member. When the layer is away nobody knows, and the rooms are listed."""
    site = new_site(REDIS_URL=valkey.url)
    first, second = start_server(Daphne, site=site), start_server(Daphne, site=site)
    ann: dict[str, object] = {"name": "Ann", "key": "a" * 16}
    bob: dict[str, object] = {"name": "Bob", "key": "b" * 16}
    async with AsyncExitStack() as stack:
        for server, guest in ((first, ann), (second, ann), (second, bob)):
            client = await stack.enter_async_context(server.connect("/ws/lobby", guest))
            await next_frame(client)
        for server in (first, second):
            await until(server, lambda list_: members(list_) == {"lobby": 2, "VIP": 0})
        await asyncio.to_thread(valkey.stop)
        list_ = await until(first, lambda list_: members(list_)["lobby"] is None)
        assert set(members(list_)) == {"lobby", "VIP"}
    assert "Traceback" not in first.log
