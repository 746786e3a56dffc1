"""Members and notices in the admin over two processes, and concurrent saves of a room."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection

from rooms.tests.wire import ending, next_frame, refusal, two_servers
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.servers import Server

PREPARE = """
from django.contrib.auth.models import User
from rooms.models import Room
User.objects.create_superuser("admin", password="swordfish-77")
for name in ("some", "all", "listed"):
    Room.objects.create(name=name)
"""
HISTORY = """
from django.contrib.admin.models import LogEntry
print([entry.change_message for entry in LogEntry.objects.order_by("pk")])
"""
Two = list[Server]


class Admin:
    """An admin's browser, logged in. Blocks."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._jar = CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self._jar)
        self._browser = urllib.request.build_opener(cookies, urllib.request.ProxyHandler({}))
        self.get("/admin/login/")
        self.post("/admin/login/", username="admin", password="swordfish-77", next="/admin/")

    def get(self, path: str) -> str:
        """Return the page at `path`."""
        with self._browser.open(self._server.http_url(path)) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str | list[str]) -> str:
        """Send a form; return the page that it leads to."""
        token = {cookie.name: cookie.value or "" for cookie in self._jar}["csrftoken"]
        form = urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True).encode()
        with self._browser.open(self._server.http_url(path), form) as answer:
            return str(answer.read().decode())

    def members_page(self, room: str) -> str:
        """Return the address of the page with the members of `room`."""
        found = re.search(rf'/admin/rooms/room/(\d+)/change/">{room}<', self.get("/admin/rooms/room/"))
        assert found is not None
        return f"/admin/rooms/room/{found[1]}/members/"


@pytest.fixture(scope="module")
def two(new_site: NewSite) -> Iterator[Two]:
    """Two servers of one site, for all tests."""
    with two_servers(new_site, PREPARE) as servers:
        yield servers


@pytest.fixture(scope="module")
def admin(two: Two) -> Admin:
    """An admin at the first server."""
    return Admin(two[0])


@asynccontextmanager
async def inside(two: Two, room: str) -> AsyncIterator[dict[str, ClientConnection]]:
    """Ann and Bob in the first process and Cid in the second, by their ids."""
    async with AsyncExitStack() as stack:
        found = {}
        for server, name in ((two[0], "Ann"), (two[0], "Bob"), (two[1], "Cid")):
            client = await stack.enter_async_context(server.connect(f"/ws/{room}", {"name": name}))
            found[(await next_frame(client))["you"]["id"]] = client
        yield found


async def assert_open(client: ClientConnection) -> None:
    await client.send('{"type": "ping"}')
    assert await next_frame(client) == {"type": "pong"}


async def test_the_pages_show_the_members_of_both_processes_and_send_them_a_notice(two, admin):
    text = 'Tea <b>is</b> "ready" ☕'
    async with inside(two, "listed") as members:
        address = await asyncio.to_thread(admin.members_page, "listed")
        page = await asyncio.to_thread(admin.get, address)
        rooms = await asyncio.to_thread(admin.get, "/admin/rooms/room/")
        await asyncio.to_thread(admin.post, address, text=text, notice="")
        for client in members.values():
            frame = await next_frame(client)
            assert (frame["type"], frame["text"], frame["seq"]) == ("notice", text, 1)
    assert set(re.findall(r'name="member" value="(\w+)"', page)) == set(members)
    assert re.findall(r"<bdi>(\w+)</bdi>", page).count("Cid") == 1
    row = next(row for row in rooms.split("<tr") if ">listed<" in row)
    assert 'field-online">3<' in row
    written = json.dumps(text, ensure_ascii=False)[1:-1].replace("\\", "")
    assert written in await asyncio.to_thread(two[0].execute, HISTORY)


async def test_selected_members_are_disconnected_in_both_processes(two, admin):
    """They may come back, and the history names them."""
    async with inside(two, "some") as members:
        (ann, hers), (_, bob), (cid, his) = members.items()
        address = await asyncio.to_thread(admin.members_page, "some")
        await asyncio.to_thread(admin.post, address, member=[ann, cid], selected="")
        assert await ending(hers) == await ending(his) == ([], 4008)
        await assert_open(bob)
    async with inside(two, "some") as again:
        for client in again.values():
            await assert_open(client)
    assert "'Disconnected Ann, Cid.'" in await asyncio.to_thread(two[0].execute, HISTORY)


async def test_a_member_is_banned_from_all_rooms(two, admin):
    """By the other process, which it is in."""
    key = {"key": "k" * 16}
    async with two[1].connect("/ws/some", key | {"name": "Eve"}) as client:
        member = (await next_frame(client))["you"]["id"]
        address = await asyncio.to_thread(admin.members_page, "some")
        page = await asyncio.to_thread(admin.get, address)
        link = re.search(r'href="([^"]*)" aria-label="Ban Eve"', page)
        assert link is not None
        assert link[1].endswith(f"whom=some:{member}")
        form = {"whom": f"some:{member}", "room": "", "reason": "spam", "until_0": "", "until_1": ""}
        assert "Eve" in await asyncio.to_thread(admin.post, "/admin/rooms/ban/add/", **form)
        assert await ending(client) == ([], 4005)
    for room in ("some", "elsewhere"):
        assert await refusal(two[0].connect(f"/ws/{room}", key)) == 4005


@pytest.mark.parametrize("button", ["page", "list"])
async def test_everybody_is_disconnected_in_both_processes(two, admin, button):
    async with inside(two, "all") as members:
        address = await asyncio.to_thread(admin.members_page, "all")
        if button == "page":
            await asyncio.to_thread(admin.post, address, everybody="")
        else:
            chosen = {"action": "disconnect_everybody", "_selected_action": address.split("/")[4]}
            await asyncio.to_thread(admin.post, "/admin/rooms/room/", **chosen)
        for client in members.values():
            assert await ending(client) == ([], 4008)
    assert "'Disconnected everybody.'" in await asyncio.to_thread(two[0].execute, HISTORY)


# The first admin has not committed yet when the second form is sent, and does so once that one has to wait.
SAVE_TOGETHER = """
import time
from threading import Thread
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from rooms.models import Room

first, second = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
for client in (first, second):
    client.force_login(User.objects.get_or_create(username="admin", is_staff=True, is_superuser=True)[0])
room = Room.objects.get(name="VIP")

def send(client, **fields):
    data = {"title": room.title, "history_size": 1000, "member_limit": "", "new_password": ""}
    assert client.post(f"/admin/rooms/room/{room.pk}/change/", data | fields).status_code == 302

def one_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None

other = Thread(target=send, args=(second,), kwargs={"title": "the second's"})
with transaction.atomic():
    send(first, new_password="the-first's")
    other.start()
    while other.is_alive() and not one_waits():
        time.sleep(0.01)
    assert other.is_alive()
other.join()
room.refresh_from_db()
print(room.check_password("the-first's"), room.title)
"""


def test_saving_a_room_does_not_undo_what_another_admin_saves_at_the_same_time(new_site, database_url):
    """This is tested on PostgreSQL, since SQLite has one writer."""
    assert new_site(DATABASE_URL=database_url).execute(SAVE_TOGETHER) == "True the second's\n"
