"""What an admin can do about who is in a room, in two processes that a real Valkey connects."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection

from rooms.tests.wire import ending, next_frame
from rtproject.tests.support.fixtures import NewSite
from rtproject.tests.support.servers import Daphne, Server
from rtproject.tests.support.valkey import Valkey

PREPARE = """
from django.contrib.auth.models import User
from rooms.models import Room
User.objects.create_superuser("admin", password="swordfish-77")
for name in ("some", "all", "listed", "unheard", "told"):
    Room.objects.create(name=name)
"""
HISTORY = """
from django.contrib.admin.models import LogEntry
print([entry.change_message for entry in LogEntry.objects.order_by("pk")])
"""
# What an admin's process does whose announcement the layer loses: only the store knows of it.
REMOVE_UNHEARD = """
from rooms import enforcement as disconnections
from rooms.models import Room
disconnections.announce = lambda name: None
disconnections.disconnect(Room.objects.get(name="unheard"), {members!r})
"""

Two = tuple[Server, Server]


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
        """The page at `path`."""
        with self._browser.open(self._server.http_url(path)) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str | list[str]) -> str:
        """Sends a form, and returns the page that it leads to."""
        token = {cookie.name: cookie.value or "" for cookie in self._jar}["csrftoken"]
        form = urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True).encode()
        with self._browser.open(self._server.http_url(path), form) as answer:
            return str(answer.read().decode())

    def members_page(self, room: str) -> str:
        """The address of the page with the members of `room`."""
        found = re.search(rf'/admin/rooms/room/(\d+)/change/">{room}<', self.get("/admin/rooms/room/"))
        assert found is not None
        return f"/admin/rooms/room/{found[1]}/members/"


@pytest.fixture(scope="module")
def two(new_site: NewSite) -> Iterator[Two]:
    """Two servers of one site, for all tests."""
    with ExitStack() as stack:
        valkey = Valkey()
        stack.callback(valkey.kill)
        site = new_site(REDIS_URL=valkey.url)
        site.execute(PREPARE)
        servers = Daphne(site), Daphne(site)
        for server in servers:
            stack.callback(server.terminate)
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


async def assert_stays(client: ClientConnection) -> None:
    """It is answered."""
    await client.send('{"type": "ping"}')
    assert await next_frame(client) == {"type": "pong"}


async def test_the_page_shows_the_members_of_both_processes(two: Two, admin: Admin) -> None:
    """And the list of rooms how many they are."""
    async with inside(two, "listed") as members:
        address = await asyncio.to_thread(admin.members_page, "listed")
        page = await asyncio.to_thread(admin.get, address)
        rooms = await asyncio.to_thread(admin.get, "/admin/rooms/room/")
    assert set(re.findall(r'name="member" value="(\w+)"', page)) == set(members)
    assert re.findall(r"<bdi>(\w+)</bdi>", page).count("Cid") == 1
    row = next(row for row in rooms.split("<tr") if ">listed<" in row)
    assert 'field-online">3<' in row


async def test_the_selected_are_disconnected_in_both_processes(two: Two, admin: Admin) -> None:
    """Ann and Cid hear 4008 and may come back; Bob does not notice; the history says who it was."""
    async with inside(two, "some") as members:
        (ann, hers), (_, bob), (cid, his) = members.items()
        address = await asyncio.to_thread(admin.members_page, "some")
        await asyncio.to_thread(admin.post, address, member=[ann, cid], selected="")
        assert await ending(hers) == ([], 4008)
        assert await ending(his) == ([], 4008)
        await assert_stays(bob)
    async with inside(two, "some") as again:
        for client in again.values():
            await assert_stays(client)
    assert "'Disconnected Ann, Cid.'" in await asyncio.to_thread(two[0].execute, HISTORY)


@pytest.mark.parametrize("button", ["page", "list"])
async def test_everybody_is_disconnected_in_both_processes(two: Two, admin: Admin, button: str) -> None:
    """From the members' page, and by the action of the list of rooms."""
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


@pytest.mark.parametrize("who", ["one", "everybody"])
async def test_a_removal_that_the_layer_lost_is_found_in_the_store(two: Two, who: str) -> None:
    """The doorkeepers of both processes look there every two seconds."""
    async with inside(two, "unheard") as members:
        (_, ann), (_, bob), (cid, his) = members.items()
        removed = [""] if who == "everybody" else [cid]
        await asyncio.to_thread(two[0].execute, REMOVE_UNHEARD.format(members=removed))
        assert await ending(his) == ([], 4008)
        for client in (ann, bob):
            if who == "everybody":
                assert await ending(client) == ([], 4008)
            else:
                await assert_stays(client)


async def test_a_notice_reaches_everybody(two: Two, admin: Admin) -> None:
    """In both processes, as it was written; the history has it."""
    text = 'Tea <b>is</b> "ready" ☕'
    async with inside(two, "told") as members:
        address = await asyncio.to_thread(admin.members_page, "told")
        await asyncio.to_thread(admin.post, address, text=text, notice="")
        for client in members.values():
            assert await next_frame(client) == {"type": "notice", "text": text}
    assert json.dumps(text, ensure_ascii=False)[1:-1].replace("\\", "") in await asyncio.to_thread(
        two[0].execute, HISTORY
    )
