"""One Valkey for several sites, and for a user with the documented rights alone."""

import asyncio
import json
import re
import urllib.request

import msgpack
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from rooms.tests.wire import TIMEOUT, ask, next_frame, refusal
from rtproject.tests.support.isolation import ROOT
from rtproject.tests.support.servers import Daphne

FORBIDDEN = [
    "CLIENT KILL TYPE normal", "CLIENT LIST", "CLIENT PAUSE 1", "SCRIPT FLUSH", "CONFIG GET *", "FLUSHALL", "KEYS *",
    "LPUSH other:window:x 1", "LPUSH site2:window:x 1", "PUBLISH other:x hi", "PUBLISH site2:x hi",
    "SUBSCRIBE other:x", "PSUBSCRIBE *", "PUBSUB CHANNELS", "SPUBLISH site:x hi",
]  # fmt: skip


def documented_command(**values: str) -> list[str]:
    """The command of docs/deployment.md that makes a user of Redis, with `values` for its placeholders."""
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    found = re.search(r"```text\n(ACL SETUSER .*?)```", text, re.DOTALL)
    assert found is not None
    command = found[1]
    for placeholder, value in values.items():
        command = command.replace(placeholder, value)
    return command.split()


async def test_two_sites_on_one_redis_never_hear_each_other(start_server, new_site, valkey):
    """All that they share is the Redis, with its database number."""
    one = start_server(Daphne, site=new_site(REDIS_URL=valkey.url))
    other = start_server(Daphne, site=new_site(REDIS_URL=valkey.url, SECRET_KEY="of the other site"))
    async with one.connect("/ws/here") as ada, other.connect("/ws/here") as bob:
        assert [(await next_frame(client))["count"] for client in (ada, bob)] == [1, 1]
        for text in ("one", "two"):
            assert (await ask(ada, text))["text"] == text
        assert (await ask(bob, "three"))["text"] == "three"
        with Redis.from_url(valkey.url) as redis:
            prefixes = {name.partition(b":")[0] for name in redis.pubsub_channels()}
    assert len(prefixes) == 2


async def test_the_documented_user_can_run_a_site(start_server, new_site, valkey):
    """Two processes hear each other, and count wrong passwords together."""
    url = f"redis://rtproject:hidden@127.0.0.1:{valkey.port}/1"
    with Redis.from_url(valkey.url) as admin:
        admin.execute_command(*documented_command(PREFIX="site", PASSWORD="hidden"))
        site = new_site(REDIS_URL=url, REDIS_PREFIX="site", ROOMS_PASSWORD_ATTEMPTS="2/minute")
        first, second = start_server(site=site), start_server(site=site)
        async with first.connect("/ws/here") as ada, second.connect("/ws/here") as bob:
            await next_frame(ada)
            assert (await next_frame(bob))["count"] == 2
            assert await ask(bob, "hi") == await next_frame(ada)
            tries = [
                await refusal(each.connect("/ws/VIP", {"pass": "no"})) for each in (first, second, first)
            ]
            assert tries == [4003, 4003, 4101]
            state = await asyncio.to_thread(lambda: urllib.request.urlopen(first.http_url("/state/")).read())
            assert json.loads(state)["people"] == 2
        assert admin.acl_log() == []  # nothing was refused that failed in silence


def test_the_documented_user_can_do_nothing_else(valkey):
    """It harms no other client of Redis, and reaches no name but its own site's."""
    with (
        Redis.from_url(valkey.url) as admin,
        Redis.from_url(f"redis://rtproject:hidden@127.0.0.1:{valkey.port}") as user,
    ):
        admin.execute_command(*documented_command(PREFIX="site", PASSWORD="hidden"))
        assert user.execute_command("LPUSH", "site:window:x", 1) == 1
        for command in FORBIDDEN:
            with pytest.raises(ResponseError, match="permissions"):
                user.execute_command(*command.split())
        with pytest.raises(ResponseError, match=r"can't|cannot|permissions"):
            user.eval("return redis.call('LPUSH', 'other:x', 1)", 0)


def forgeries(genuine: bytes) -> list[bytes]:
    """What another user of Redis can make of an event that it has heard."""
    event = msgpack.unpackb(genuine)
    bodies = [event["body"].replace('"seq":1', f'"seq":{seq}') for seq in (0, 2, 3, 10**15)]
    changed = [
        event | {"body": body} for body in (*bodies, event["body"].replace("hello", "HELLO"), "", None)
    ]
    unsigned = {"type": "group.event", "group": event["group"], "text": "{}", "tags": {"seq": 2}}
    packed = [
        msgpack.packb(each) for each in (*changed, unsigned, {}, [], None, 7, {"group": event["group"]})
    ]
    return [genuine, b"", b"\xc1", genuine[:-1], *packed]


async def test_forged_and_broken_events_change_nothing(start_server, new_site, valkey):
    """They hide no message, show none twice, keep no process busy, and are one line of its log."""
    site = new_site(REDIS_URL=valkey.url, REDIS_PREFIX="site")
    first, second = start_server(site=site), start_server(site=site)
    async with first.connect("/ws/lobby") as ada, second.connect("/ws/lobby") as bob:
        for client in (ada, bob):
            await next_frame(client)
        with Redis.from_url(valkey.url) as redis, redis.pubsub() as spy:
            spy.psubscribe("site:__group__rooms.*")
            assert spy.get_message(timeout=TIMEOUT)["type"] == "psubscribe"
            assert await ask(ada, "hello") == await next_frame(bob)
            while b'"seq":1' not in (heard := spy.get_message(timeout=TIMEOUT))["data"]:
                pass
            for forgery in forgeries(heard["data"]) * 20:
                redis.publish(heard["channel"], forgery)
        for text in ("two", "three"):
            assert await ask(ada, text) == await next_frame(bob)
    for server in (first, second):
        assert server.log.count("that this site did not send") == 1
        assert "Traceback" not in server.log
