"""Two real servers while their Redis fails over: an address leads to another Valkey, or Sentinel names one."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from redis import Redis

from rooms.tests.wire import TIMEOUT, next_frame
from rtproject.tests.support.proxy import proxy_to
from rtproject.tests.support.sentinel import Sentinel
from rtproject.tests.support.valkey import Valkey


@pytest.fixture
def successor():
    """The server that the addresses lead to later."""
    server = Valkey()
    yield server
    server.kill()


@pytest.fixture
async def site(start_server, new_site, valkey):
    """A server and a client of an unlisted room at each of two addresses of one Valkey, and the addresses."""
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(proxy_to(valkey.port)) for _ in range(2)]
        clients = []
        for address in addresses:
            url = f"redis://127.0.0.1:{address.port}/0"
            server = await asyncio.to_thread(start_server, site=new_site(REDIS_URL=url, ROOMS_MESSAGE_RATE=0))
            clients.append(await stack.enter_async_context(server.connect("/ws/here")))
            await next_frame(clients[-1])
        yield *addresses, *clients


async def assert_hear_each_other(one, other):
    """Each says its words until the other receives them."""
    for number, (sender, receiver) in enumerate([(one, other), (other, one)] * 2):

        async def listen(receiver=receiver, word=f"word {number}"):
            while (await next_frame(receiver)).get("text") != word:
                pass

        listening = asyncio.create_task(listen())
        try:
            async with asyncio.timeout(TIMEOUT):
                while not listening.done():
                    await sender.send(f"word {number}")
                    await asyncio.wait({listening}, timeout=0.05)
            listening.result()
        finally:
            listening.cancel()


def nothing_more(valkey, successor):
    """The former server goes on, alone."""


def is_replica(valkey, successor):
    """The former server takes what is published, and brings it to no other server."""
    with Redis.from_url(valkey.url) as redis:
        redis.replicaof("127.0.0.1", successor.port)
        while redis.role()[3] != b"connected":  # until then it refuses commands
            pass


@pytest.mark.parametrize("former_server", [nothing_more, is_replica])
async def test_a_process_that_is_still_connected_to_the_former_server_changes(
    site, valkey, successor, former_server
):
    """Its connections live, so it hears itself; the other process is at the new server."""
    late, early, ada, bob = site
    await assert_hear_each_other(ada, bob)
    late.target = early.target = successor.port
    former_server(valkey, successor)
    early.drop()
    await assert_hear_each_other(ada, bob)


async def test_connections_that_hang_are_replaced(site, successor):
    """No end of theirs comes from a machine that is gone."""
    late, early, ada, bob = site
    await assert_hear_each_other(ada, bob)
    for address in (late, early):
        address.target = successor.port
        address.freeze()
    await assert_hear_each_other(ada, bob)


async def test_a_process_that_hears_nothing_subscribes_again(site):
    """What it publishes arrives all the time."""
    late, _, ada, bob = site
    await assert_hear_each_other(ada, bob)
    late.freeze(having_asked=b"SUBSCRIBE")
    await assert_hear_each_other(ada, bob)


@pytest.mark.slow
async def test_sentinel_names_another_server(start_server, new_site, valkey, successor, tmp_path):
    """The processes of a site change to it without a restart, for events and for the members of rooms."""
    sentinel = await asyncio.to_thread(Sentinel, tmp_path, valkey, successor)
    try:
        site = new_site(REDIS_URL=sentinel.url, REDIS_PREFIX="site", ROOMS_MESSAGE_RATE=0)
        first, second = [await asyncio.to_thread(start_server, site=site) for _ in range(2)]
        async with first.connect("/ws/here") as ada, second.connect("/ws/here") as bob:
            assert [(await next_frame(each))["count"] for each in (ada, bob)] == [1, 2]
            await assert_hear_each_other(ada, bob)
            valkey.kill()
            await sentinel.wait_for_log("+switch-master main")
            await assert_hear_each_other(ada, bob)
            assert "FAILS" not in await asyncio.to_thread(site.manage, "doctor")
            with Redis(port=successor.port, password="hidden") as redis:
                while not redis.exists("site:presence"):
                    pass
    finally:
        sentinel.kill()
