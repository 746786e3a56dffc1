"""What pages, the log and `manage.py doctor` say of a store or a Redis that is out of reach."""

import asyncio
import json
import re
import sqlite3
import stat
import urllib.request
from contextlib import closing
from urllib.error import HTTPError

import pytest

from rooms.tests.wire import ask, next_frame, refusal
from rtproject.tests.support.process import TIMEOUT
from rtproject.tests.support.site import Site

PAGES = [
    "/",
    "/rooms/",
    "/rooms/lobby/",
    "/rooms/unknown/",
    "/dashboard/",
    "/admin/",
    "/admin/rooms/room/",
    "/api/",
    "/api/openapi.json",
    "/none/",
]
SESSION = "a" * 32  # a key that has to be looked up
SAY = {"type": "say", "text": "hi", "id": "7"}
UNREACHABLE = "postgresql://someone:hidden@127.0.0.1:1/none"


def fetch(server, path, **headers):
    """Return the status and the text of a page."""
    request = urllib.request.Request(
        server.http_url(path), headers={"Cookie": f"sessionid={SESSION}", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_every_page_answers_without_a_store(start_server, tmp_path):
    """The list of rooms and the home page with what they know, the others with 503; none with a traceback."""
    server = start_server(site=Site(tmp_path, {"DATABASE_URL": UNREACHABLE}))
    answers = {path: fetch(server, path) for path in PAGES}
    assert {status for status, _ in answers.values()} <= {200, 404, 503}
    assert {path for path in PAGES if answers[path][0] == 503} >= {"/rooms/lobby/", "/admin/rooms/room/"}
    assert "out of reach" in answers["/admin/"][1]
    status, text = fetch(server, "/api/rooms/lobby/members", Authorization="Bearer any")
    assert (status, json.loads(text)["error"]["code"]) == (503, "unavailable")
    assert "Traceback" not in server.log
    server.expect_log("OperationalError")
    assert "hidden" not in server.log


async def test_a_store_that_only_reads_is_out_of_reach(start_server, new_site, postgres, database_url):
    """As a primary that became a standby; all works again when it takes writes, without a restart."""
    server = start_server(site=new_site(DATABASE_URL=database_url))

    def store():
        return json.loads(fetch(server, "/state/")[1])["store"]

    async with server.connect("/ws/lobby") as ada:
        await next_frame(ada)
        assert (await ask(ada, SAY))["seq"] == 1
        postgres.take_writes(False)
        answer = await ask(ada, SAY | {"id": "8"})
        while answer["type"] == "message":  # until each session of the server has read its settings
            answer = await ask(ada, SAY | {"id": f"8-{answer['seq']}"})
        assert answer["code"] == "unavailable"
        assert await refusal(server.connect("/ws/lobby")) == 4103
        async with asyncio.timeout(TIMEOUT):
            while await asyncio.to_thread(store):  # it asks the database every 3 seconds
                pass
        postgres.take_writes(True)
        async with asyncio.timeout(TIMEOUT):
            while not await asyncio.to_thread(store):
                pass
        async with server.connect("/ws/lobby") as bob:
            assert (await next_frame(bob))["type"] == "welcome"
        async with asyncio.timeout(TIMEOUT):
            while (await ask(ada, SAY | {"id": "9"}))["type"] == "error":
                pass
    assert "Traceback" not in server.log


def saved(path):
    """Make a copy of the database `path`, and return its path."""
    copy = path.with_name("copy.sqlite3")
    with closing(sqlite3.connect(path)) as store, closing(sqlite3.connect(copy)) as target:
        store.backup(target)
    return copy


def remove(path):
    """Remove the database `path` with its siblings."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


async def test_a_replaced_sqlite_file_is_the_one_that_is_used(start_server):
    """No message goes to the file that no name leads to."""
    server = start_server()
    path = server.site.directory / "db.sqlite3"
    async with server.connect("/ws/lobby") as ada:
        await next_frame(ada)
        assert (await ask(ada, SAY))["text"] == "hi"
    copy = saved(path)
    remove(path)
    copy.rename(path)
    async with server.connect("/ws/lobby", {"history": 0}) as bob:
        await next_frame(bob)
        assert (await ask(bob, SAY | {"text": "again"}))["seq"] == 2
    with closing(sqlite3.connect(path)) as store:
        assert store.execute("SELECT text FROM rooms_message ORDER BY seq").fetchall() == [
            ("hi",),
            ("again",),
        ]


async def test_a_removed_sqlite_file_is_out_of_reach_until_it_is_back(start_server):
    """What the server makes in its place is for its owner alone."""
    server = start_server()
    path = server.site.directory / "db.sqlite3"
    async with server.connect("/ws/lobby") as ada:
        await next_frame(ada)
    copy = saved(path)
    remove(path)
    assert await refusal(server.connect("/ws/lobby")) == 4103
    assert json.loads(fetch(server, "/state/")[1])["store"] is False
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    remove(path)
    copy.rename(path)
    async with server.connect("/ws/lobby") as ada:
        assert (await next_frame(ada))["type"] == "welcome"


def test_the_doctor_finds_nothing(new_site, valkey):
    """Everything that the settings name works, and the prefix for an ACL is told."""
    printed = new_site(REDIS_URL=valkey.url, REDIS_PREFIX="here").manage("doctor")
    assert "FAILS" not in printed
    assert "begin with here:" in printed


def test_the_doctor_tells_the_cause(tmp_path, valkey):
    """For each part by itself, and never a secret."""
    redis_url = f"redis://someone:hidden@127.0.0.1:{valkey.port}/0"
    site = Site(tmp_path, {"DATABASE_URL": UNREACHABLE, "REDIS_URL": redis_url})
    with pytest.raises(AssertionError) as failed:
        site.manage("doctor")
    said = str(failed.value)
    assert "FAILS  the database (DATABASE_URL): OperationalError" in said
    assert "FAILS  Redis (REDIS_URL): AuthenticationError" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://someone:hidden@127.0.0.1:{port}/0", "AuthenticationError"),
        ("redis://127.0.0.1:1/0", "Connect call failed"),
        ("redis://127.0.0.1:{port}/999", "DB index is out of range"),
        ("rediss://127.0.0.1:{port}/0", "Timeout connecting"),
    ],
)
async def test_the_log_tells_the_cause(start_server, new_site, valkey, url, reason):
    """Of a Redis that cannot be used: each has another one."""
    server = start_server(site=new_site(REDIS_URL=url.format(port=valkey.port)))
    assert await refusal(server.connect("/ws/lobby")) == 4103
    await server.wait_for_log(re.compile(reason, re.IGNORECASE))
    assert "hidden" not in server.log


def test_files_are_for_their_owner(new_site):
    """The database and its siblings, wherever they lie, whatever the umask."""
    site = new_site()
    files = [path for path in site.directory.iterdir() if path.name.startswith(("db.sqlite3", "secret"))]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
